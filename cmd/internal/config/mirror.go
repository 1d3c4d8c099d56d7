package config

import (
	"net"
	"net/url"
	"strings"
	"time"

	"lethe/stream"
)

// Mirror is where the audit log is copied under object lock; without a bucket there is none.
type Mirror struct {
	Endpoint   string // URL of the S3 service
	Region     string
	Bucket     string
	Prefix     string
	AccessKey  string
	SecretKey  stream.Value
	Retain     time.Duration
	Governance bool
}

// mirror is audit.mirror of lethe.yaml.
type mirror struct {
	URL        string `yaml:"url,required"` // s3://bucket/prefix
	Endpoint   string `yaml:"endpoint,required"`
	Region     string `yaml:"region"`
	AccessKey  string `yaml:"access_key,required"`
	SecretKey  string `yaml:"secret_key,required"`
	RetainDays int    `yaml:"retain_days,required"`
	Governance bool   `yaml:"governance"`
}

const day = 24 * time.Hour

func (in *mirror) into(f *Folder, c *checker) {
	at := func(key string) string { return "audit.mirror." + key }
	bucket, ok := strings.CutPrefix(in.URL, "s3://")
	bucket, prefix, _ := strings.Cut(bucket, "/")
	if !ok || bucket == "" {
		c.fault(at("url"), "config.mirror", "this is no bucket", "write url: s3://BUCKET/PREFIX")
	}
	u, err := url.Parse(in.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.Path != "" && u.Path != "/" || u.User != nil || u.Scheme != "https" && u.Scheme != "http":
		c.fault(at("endpoint"), "config.mirror", "this is no URL of an S3 service", "write endpoint: https://s3.ap-southeast-1.amazonaws.com")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.fault(at("endpoint"), "config.mirror", "keys and entries would cross the network in clear", "write https://")
	}
	if in.RetainDays < 1 || in.RetainDays > 36_500 {
		c.fault(at("retain_days"), "config.mirror", "objects are locked for 1 to 36500 days", "write retain_days: 2190, which is six years (45 CFR 164.316(b)(2)(i))")
	}
	f.Mirror = Mirror{Endpoint: in.Endpoint, Region: in.Region, Bucket: bucket, Prefix: prefix, AccessKey: in.AccessKey, SecretKey: stream.NewValue([]byte(in.SecretKey)),
		Retain: time.Duration(in.RetainDays) * day, Governance: in.Governance}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
