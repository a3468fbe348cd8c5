package admin

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// The cost of a password's hash: what OWASP's Password Storage Cheat Sheet asks for
// at least of argon2id. One takes some 20 ms and 19 MiB.
const (
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonKey     = 32
	argonSalt    = 16
)

// The lengths of passwords: NIST SP 800-63B asks for 8 characters at least and no
// other rule; the most is a limit on work.
const (
	shortestPassword = 10
	longestPassword  = 256 // bytes
)

var errPassword = fmt.Errorf("choose a password of %d characters or more; a few words are easy to remember", shortestPassword)

func checkPassword(password string) error {
	if utf8.RuneCountInString(password) < shortestPassword {
		return errPassword
	}
	if len(password) > longestPassword {
		return fmt.Errorf("this password is longer than %d bytes: choose a shorter one", longestPassword)
	}
	return nil
}

// hashing bounds how many hashes are computed at a time, and so their memory; queue how
// many are computed or waited for: many addresses together make nobody wait long.
var (
	hashing = make(chan struct{}, 2)
	queue   = make(chan struct{}, 64) // takes a second or less
)

// argon fails with errBusy if too many wait.
func argon(password string, salt []byte, memory, time uint32, threads uint8, length uint32) ([]byte, error) {
	select {
	case queue <- struct{}{}:
	default:
		return nil, errBusy
	}
	hashing <- struct{}{}
	defer func() { <-hashing; <-queue }()
	return argon2.IDKey([]byte(password), salt, time, memory, threads, length), nil
}

// hashPassword is the password's hash in PHC string format. Errors: errBusy.
func hashPassword(password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails (crypto/rand)
	key, err := argon(password, salt, argonMemory, argonTime, argonThreads, argonKey)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

var errHash = errors.New("not a hash that this program makes")

// samePassword reports whether the password is the one of the hash. Errors: errHash,
// errBusy.
func samePassword(password, hash string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return false, errHash
	}
	var memory, time uint32
	var threads uint8
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &threads); err != nil {
		return false, errHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 || len(password) > longestPassword {
		return false, err
	}
	got, err := argon(password, salt, memory, time, threads, uint32(len(want)))
	return err == nil && subtle.ConstantTimeCompare(got, want) == 1, err
}

// nobody is the hash that a password is compared with for a name that is unknown, so
// that the answer takes as long.
var nobody = "$argon2id$v=19$m=19456,t=2,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)
