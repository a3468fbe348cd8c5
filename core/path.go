package core

// maxKey is the longest decoded path looked up, in bytes: PATH_MAX of Linux.
const maxKey = 4096

// pathFault says why a path names nothing.
type pathFault string

const (
	faultEscape    pathFault = "malformed percent-encoding in the path"
	faultSegment   pathFault = "empty or dot segment in the path"
	faultSeparator pathFault = "encoded separator in the path"
	faultBackslash pathFault = "backslash in the path, not percent-encoded"
	faultDrive     pathFault = "drive in the path"
	faultRemote    pathFault = "backslash in the path of a file on another server"
	faultControl   pathFault = "control character in the path"
	faultLong      pathFault = "path too long"
)

// decodePath decodes a percent-encoded path without a leading slash, once. What
// it returns is the very string that is authorised and opened, so everything is
// refused that another decoder or file system could read as another path:
// empty, "." and ".." segments, encoded slashes, backslashes as they are, which
// browsers take for slashes, control characters, and paths over 4096 bytes.
func decodePath(escaped string) (string, pathFault) {
	if len(escaped) > 3*maxKey {
		return "", faultLong
	}
	decoded := escaped
	for i := 0; i < len(escaped); i++ {
		if escaped[i] == '%' || escaped[i] == '\\' {
			var fault pathFault
			if decoded, fault = unescape(escaped); fault != "" {
				return "", fault
			}
			break
		}
	}
	return decoded, CheckKey(decoded)
}

// unescape undoes percent-encoding; an encoded slash is a fault, and so is a
// backslash that is not encoded.
func unescape(s string) (string, pathFault) {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			return "", faultBackslash
		}
		if c == '%' {
			if i+2 >= len(s) {
				return "", faultEscape
			}
			hi, lo := hexValue(s[i+1]), hexValue(s[i+2])
			if hi < 0 || lo < 0 {
				return "", faultEscape
			}
			if c = byte(hi<<4 | lo); c == '/' {
				return "", faultSeparator
			}
			i += 2
		}
		b = append(b, c)
	}
	return string(b), ""
}

// CheckKey says why key is not a relative path of plain segments, "" if it is
// one. Stores accept only such keys. A backslash is a character of a name like
// others where it would lead nowhere else if it were a slash: not in "..\x",
// "x\\y" or "C:\x". A store for whose product it is a slash refuses it.
func CheckKey(key string) pathFault {
	if len(key) > maxKey {
		return faultLong
	}
	start := 0
	for i := 0; i <= len(key); i++ {
		if i == len(key) || key[i] == '/' || key[i] == '\\' {
			if dots(key[start:i]) {
				return faultSegment
			}
			if i < len(key) && key[i] == '\\' && key[i-1] == ':' {
				return faultDrive
			}
			start = i + 1
			continue
		}
		if c := key[i]; c < 0x20 || c == 0x7f {
			return faultControl
		}
	}
	return ""
}

// dots reports an empty, "." or ".." segment.
func dots(segment string) bool {
	return segment == "" || segment == "." || segment == ".."
}

// pathSafe is what stands for itself in a path segment: unreserved characters
// of RFC 3986 §2.3. All else is encoded, also what the RFC would allow, because
// front servers give some of it a meaning of their own.
var pathSafe = byteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")

// AppendEscapedPath appends path percent-encoded once, slashes kept. It is the
// inverse of what a request's path goes through.
func AppendEscapedPath(dst []byte, path string) []byte {
	for i := 0; i < len(path); i++ {
		if c := path[i]; pathSafe[c] {
			dst = append(dst, c)
		} else {
			dst = appendPercent(dst, c)
		}
	}
	return dst
}

// CanonicalPath is the path of a request target in the one encoding that
// AppendEscapedPath gives it, "" if it is none that Plan would look up. Two paths
// have the same one exactly if they are for the same file.
func CanonicalPath(path string) string {
	if path == "" || path[0] != '/' {
		return ""
	}
	decoded, fault := decodePath(path[1:])
	if fault != "" {
		return ""
	}
	return string(AppendEscapedPath([]byte{'/'}, decoded))
}
