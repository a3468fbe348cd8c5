package wire

import "github.com/downlink-go/downlink/core/link"

// Secret is a key of signed links: its id, and the text that is bound to the Worker.
type Secret struct{ ID, Text string }

// AppendSecrets appends the frame of secrets for Unlock.
func AppendSecrets(dst []byte, secrets []Secret) []byte {
	dst = appendUint32(dst, uint32(len(secrets)))
	for _, s := range secrets {
		dst = appendStrings(dst, s.ID, s.Text)
	}
	return dst
}

// Unlock sets the keys of signed links from their frame. Until then the routes that
// require a link are answered 403. An error says which key cannot be used and never
// holds a secret.
func (e *Engine) Unlock(frame []byte) error {
	r := newReader(frame)
	var keys []link.Key
	for n := r.uint32(); n > 0 && !r.bad; n-- {
		var s Secret
		r.strings(&s.ID, &s.Text)
		key, err := link.NewKey(s.ID, []byte(s.Text))
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	if err := r.end(); err != nil {
		return err
	}
	v, err := link.NewVerifier(keys, e.rules)
	if err != nil {
		return err
	}
	e.site = e.site.WithLinks(v)
	return nil
}
