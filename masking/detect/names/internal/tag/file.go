package tag

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
)

// The file of a model: magic, length of the lexicon, the lexicon, the steps,
// then the weights of one label after the other, all of it gzipped.
const magic = "lethe names 1\n"

// steps is the length of the steps in the file.
const steps = 4 * Labels * Labels

// EncodeModel writes a model whose lexicon EncodeLexicon wrote.
func EncodeModel(m *Model, lexicon []byte) ([]byte, error) {
	raw := binary.LittleEndian.AppendUint32([]byte(magic), uint32(len(lexicon)))
	raw = append(raw, lexicon...)
	for a := range Labels {
		for b := range Labels {
			raw = binary.LittleEndian.AppendUint32(raw, uint32(m.Step[a][b]))
		}
	}
	for k := range Labels {
		for _, r := range m.Rows {
			raw = append(raw, byte(r>>(8*k))-128)
		}
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(raw); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// DecodeModel reads what EncodeModel wrote. An error wraps [ErrModel].
func DecodeModel(file []byte) (*Model, error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	raw, err := io.ReadAll(io.LimitReader(z, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	if len(raw) < len(magic)+4 || string(raw[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: its start is missing", ErrModel)
	}
	raw = raw[len(magic):]
	n := int(binary.LittleEndian.Uint32(raw))
	raw = raw[4:]
	if len(raw) != n+steps+Labels*Rows {
		return nil, fmt.Errorf("%w: %d bytes", ErrModel, len(raw))
	}
	m := &Model{Rows: make([]uint64, Rows)}
	if m.Lexicon, err = DecodeLexicon(raw[:n]); err != nil {
		return nil, err
	}
	raw = raw[n:]
	for a := range Labels {
		for b := range Labels {
			m.Step[a][b] = int32(binary.LittleEndian.Uint32(raw))
			raw = raw[4:]
		}
	}
	for k := range Labels {
		for i := range m.Rows {
			m.Rows[i] |= uint64(raw[k*Rows+i]+128) << (8 * k)
		}
	}
	return m, nil
}
