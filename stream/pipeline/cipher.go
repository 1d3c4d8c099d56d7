package pipeline

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/twmb/franz-go/pkg/kgo"

	"lethe/stream"
)

// Purposes of the periods that session keys are wrapped under.
const (
	purposeRaw        = "raw"        // a key an hour
	purposeQuarantine = "quarantine" // a key a day
)

func rawPeriod(t time.Time) string { return purposeRaw + "/" + t.UTC().Format("2006-01-02T15") }

func rawPeriodTime(period string) (time.Time, error) {
	return time.Parse(purposeRaw+"/2006-01-02T15", period)
}

func quarantinePeriod(t time.Time) string {
	return purposeQuarantine + "/" + t.UTC().Format("2006-01-02")
}

// errCipher says that a record is not what was encrypted for its place.
var errCipher = errors.New("ciphertext does not belong to this place, key, order or session")

// encrypter encrypts records of raw and quarantine topics (L1): zstd, then
// AES-256-GCM under a session key that is random and at most a period old,
// wrapped under the period's key. The nonce is a counter; associated data are what
// is outside of the ciphertext. The header of a record holds
//
//	u8 length of the period's name ‖ name ‖ session id[16] ‖ wrapped key
//
// and its value nonce counter u64 ‖ ciphertext. One goroutine uses an encrypter.
type encrypter struct {
	keyring stream.Keyring
	period  func(time.Time) string
	now     func() time.Time
	floor   string         // no earlier period is used; "" for any
	auditor hpke.PublicKey // to whom session keys are sealed as well; nil for nobody

	current string
	header  []byte
	sealed  []byte // session key for the auditor
	session [16]byte
	aead    cipher.AEAD
	count   uint64
	nonce   [12]byte // counter of the last record in its last 8 bytes
	zip     *zstd.Encoder
	quick   *zstd.Encoder // for small records
	plain   []byte
	packed  []byte
	ad      []byte
}

func newEncrypter(keyring stream.Keyring, period func(time.Time) string, now func() time.Time) (*encrypter, error) {
	zip, err := newZip()
	if err != nil {
		return nil, err
	}
	quick, err := newZip(zstd.WithNoEntropyCompression(true))
	if err != nil {
		return nil, err
	}
	return &encrypter{keyring: keyring, period: period, now: now, zip: zip, quick: quick}, nil
}

// quickBelow is the size in bytes below which a record is compressed by its
// repetitions alone: entropy coding would make 700 bytes into 510, but the
// tables for it cost more than everything else that is done to a small record.
const quickBelow = 2 << 10

func newZip(more ...zstd.EOption) (*zstd.Encoder, error) {
	zip, err := zstd.NewWriter(nil, append([]zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithWindowSize(64 << 10)}, more...)...)
	if err != nil {
		return nil, fmt.Errorf("raw records: zstd: %w", err)
	}
	return zip, nil
}

// due is the period to write under: the clock's, but never one before the last,
// whatever the clock does.
func (e *encrypter) due() string { return max(e.period(e.now()), e.floor, e.current) }

// renew takes a new session key when the period has changed. It is called once
// a transaction.
func (e *encrypter) renew() error {
	p := e.due()
	if p == e.current {
		return nil
	}
	var key [32]byte
	rand.Read(key[:])
	rand.Read(e.session[:])
	wrapped, err := e.keyring.Wrap(p, key[:])
	if err != nil {
		return fmt.Errorf("session key of %s: wrap: %w", p, err)
	}
	if e.aead, err = newGCM(key[:]); err != nil {
		return err
	}
	if e.auditor != nil {
		if e.sealed, err = sealForAuditor(e.auditor, key[:]); err != nil {
			return err
		}
	}
	h := append([]byte{byte(len(p))}, p...)
	h = append(h, e.session[:]...)
	e.header, e.current, e.count = append(h, wrapped...), p, 0
	return nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("record cipher: %w", err)
	}
	return cipher.NewGCM(block)
}

// outside is what of a record stands outside of its ciphertext and decides where it
// belongs: it opens nowhere else, in no other place of its key's order, and under no
// other key.
type outside struct {
	place
	key, seq []byte // as the record has them, the header for seq
}

// outsideOf is that of a record as it was read.
func outsideOf(r *kgo.Record) outside {
	return outside{place{r.Topic, r.Partition}, r.Key, header(r, stream.HeaderSeq)}
}

// encrypt appends the encrypted form of r to dst.
func (e *encrypter) encrypt(dst []byte, o outside, r *stream.Record) []byte {
	e.plain = appendPlain(e.plain[:0], r)
	zip := e.zip
	if len(e.plain) < quickBelow {
		zip = e.quick
	}
	e.packed = zip.EncodeAll(e.plain, e.packed[:0])
	e.count++
	binary.BigEndian.PutUint64(e.nonce[4:], e.count)
	e.ad = o.append(e.ad[:0], e.session[:])
	dst = append(dst, e.nonce[4:]...)
	return e.aead.Seal(dst, e.nonce[:], e.packed, e.ad)
}

// append writes o and the session's id as associated data.
func (o outside) append(ad, session []byte) []byte {
	ad = append(ad, o.topic...)
	ad = binary.BigEndian.AppendUint32(append(ad, 0), uint32(o.partition))
	return appendBytes(appendBytes(append(ad, session...), o.key), o.seq)
}

// decrypter decrypts what encrypters wrote. One goroutine uses a decrypter.
type decrypter struct {
	keyring stream.Keyring
	unzip   *zstd.Decoder
	header  string // of the session in aead
	sid     []byte
	aead    cipher.AEAD
	nonce   [12]byte
	packed  []byte
	ad      []byte
}

func newDecrypter(keyring stream.Keyring, maxRecord int) (*decrypter, error) {
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(maxRecord)+1<<20))
	if err != nil {
		return nil, fmt.Errorf("raw records: zstd: %w", err)
	}
	return &decrypter{keyring: keyring, unzip: unzip}, nil
}

// headerPeriod is the name of the period in a session header.
func headerPeriod(header []byte) (string, error) {
	if len(header) < 1 || len(header) < 1+int(header[0])+16 {
		return "", errCipher
	}
	return string(header[1 : 1+header[0]]), nil
}

func (d *decrypter) load(header []byte) error {
	if d.aead != nil && string(header) == d.header {
		return nil
	}
	p, err := headerPeriod(header)
	if err != nil {
		return err
	}
	rest := header[1+len(p):]
	key, err := d.keyring.Unwrap(p, rest[16:])
	if err != nil {
		return fmt.Errorf("session key of %s: %w", p, err)
	}
	if d.aead, err = newGCM(key); err != nil {
		return err
	}
	d.header, d.sid = string(header), append([]byte(nil), rest[:16]...)
	return nil
}

// decrypt decrypts value into buf and reads the record from it; what r points to
// lies in the returned buffer. The error wraps stream.ErrDestroyed if the
// session's key is gone.
func (d *decrypter) decrypt(buf []byte, o outside, session, value []byte, r *stream.Record) ([]byte, error) {
	if err := d.load(session); err != nil {
		return buf, err
	}
	if len(value) < 8 {
		return buf, errCipher
	}
	copy(d.nonce[4:], value[:8])
	d.ad = o.append(d.ad[:0], d.sid)
	var err error
	if d.packed, err = d.aead.Open(d.packed[:0], d.nonce[:], value[8:], d.ad); err != nil {
		return buf, errCipher
	}
	from := len(buf)
	if buf, err = d.unzip.DecodeAll(d.packed, buf); err != nil {
		return buf, fmt.Errorf("raw record: zstd: %w", err)
	}
	if err := readPlain(buf[from:], r); err != nil {
		return buf, err
	}
	// The place is not in the plain text: it is bound to it.
	if r.Seq, err = stream.ParseSeq(o.seq); err != nil {
		return buf, errCipher
	}
	return buf, nil
}

// appendPlain writes what is encrypted of a record: kind, time, stream, key,
// value, unchanged names, whether it is undecided; lengths as u32, 0xFFFFFFFF for
// null.
func appendPlain(b []byte, r *stream.Record) []byte {
	b = append(b, byte(r.Kind))
	b = binary.BigEndian.AppendUint64(b, uint64(r.Time))
	b = appendBytes(b, []byte(r.Stream))
	b = appendBytes(b, r.Key)
	b = appendBytes(b, r.Value)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Unchanged)))
	for _, u := range r.Unchanged {
		b = appendBytes(b, []byte(u))
	}
	if r.Undecided {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendBytes(b, v []byte) []byte {
	if v == nil {
		return binary.BigEndian.AppendUint32(b, 0xFFFFFFFF)
	}
	return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
}

// readPlain undoes appendPlain without copying. Names that repeat from record to
// record keep their string.
func readPlain(b []byte, r *stream.Record) error {
	p := plainReader{b: b}
	kind, at := p.take(1), p.take(8)
	name := p.bytes()
	r.Key, r.Value = p.bytes(), p.bytes()
	r.Unchanged = r.Unchanged[:0]
	for n := p.length(); n > 0 && !p.bad; n-- {
		r.Unchanged = append(r.Unchanged, string(p.bytes()))
	}
	undecided := p.take(1)
	if p.bad || len(p.b) != 0 || undecided[0] > 1 {
		return errCipher
	}
	r.Undecided = undecided[0] == 1
	r.Kind, r.Time = stream.Kind(kind[0]), int64(binary.BigEndian.Uint64(at))
	if r.Stream != string(name) {
		r.Stream = string(name)
	}
	return nil
}

type plainReader struct {
	b   []byte
	bad bool
}

// take gives the next n bytes; nil where there are fewer, and from then on.
func (p *plainReader) take(n int) []byte {
	if p.bad || n < 0 || n > len(p.b) {
		p.bad = true
		return nil
	}
	v := p.b[:n:n]
	p.b = p.b[n:]
	return v
}

func (p *plainReader) length() uint32 {
	if b := p.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (p *plainReader) bytes() []byte {
	n := p.length()
	if n == 0xFFFFFFFF {
		return nil
	}
	return p.take(int(n))
}
