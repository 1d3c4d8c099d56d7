package transport

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
)

// clientTLS is how a client checks the receiver: against the system's authorities, or
// those of a file.
func clientTLS(ca, cert, key string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in PEM", ca)
		}
	}
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// checkURL tells what is wrong with the URL of a receiver: nothing crosses a network
// in clear.
func checkURL(raw, example string, fault func(key, msg, hint string)) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		fault("url", "this is no URL of a receiver", "write url: "+example)
	case u.User != nil:
		fault("url", "a URL shows its password to whoever reads the file or a log", "write user: and password: instead, or token:")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		fault("url", "events would cross the network in clear", "write https://")
	}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
