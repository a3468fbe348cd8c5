package core

// longestExtension is the length of the longest key of mediaTypes.
const longestExtension = 11

// MediaType returns the media type of a file name by its last extension,
// "application/octet-stream" if it has none that is known. The table is fixed:
// what the host's /etc/mime.types says never changes a decision. A compressed
// file is what it is, application/gzip for "a.tar.gz", and stays compressed.
func MediaType(name string) string {
	const unknown = "application/octet-stream"
	var ext [longestExtension]byte
	for i := len(name) - 1; i >= 0 && len(name)-i <= longestExtension+1; i-- {
		if name[i] != '.' {
			continue
		}
		n := copy(ext[:], name[i+1:])
		for j := range ext[:n] {
			ext[j] = lower(ext[j])
		}
		if t, ok := mediaTypes[string(ext[:n])]; ok {
			return t
		}
		return unknown
	}
	return unknown
}

// inlineSafe reports whether a browser may show mediaType instead of saving it:
// images, sound, moving pictures, fonts, PDF and plain text, none of which can
// run script in the site's name. SVG, HTML and XML are not among them.
func inlineSafe(mediaType string) bool {
	for _, safe := range inlineSafeTypes {
		if equalFold(mediaType, safe) {
			return true
		}
	}
	return false
}

// inlinePolicy is the Content-Security-Policy under which mediaType is shown: no
// script, nothing loaded, an origin of its own. Browsers play sound and moving
// pictures by a page that loads the file, which therefore keeps its origin and
// may load from there; it still cannot run script.
func inlinePolicy(mediaType string) string {
	const n = len("audio/")
	if len(mediaType) > n && (equalFold(mediaType[:n], "audio/") || equalFold(mediaType[:n], "video/")) {
		return "sandbox allow-same-origin; default-src 'none'; media-src 'self'"
	}
	return "sandbox; default-src 'none'"
}

var inlineSafeTypes = [...]string{
	"text/plain", "text/csv", "text/vtt", "application/pdf", "application/json",
	"image/apng", "image/avif", "image/bmp", "image/gif", "image/heic", "image/heif", "image/jpeg",
	"image/jxl", "image/png", "image/tiff", "image/webp", "image/x-icon",
	"audio/aac", "audio/flac", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm",
	"video/3gpp", "video/mp4", "video/mpeg", "video/ogg", "video/quicktime", "video/webm", "video/matroska",
	"font/otf", "font/ttf", "font/woff", "font/woff2",
}

// ValidMediaType reports whether s is type "/" subtype (RFC 9110 §8.3.1)
// without parameters.
func ValidMediaType(s string) bool {
	i := 0
	for i < len(s) && tchar[s[i]] {
		i++
	}
	return i > 0 && i < len(s) && s[i] == '/' && ValidToken(s[i+1:])
}

// splitMediaType returns the type/subtype of a stored Content-Type and its
// charset; "" for what is malformed or not there.
func splitMediaType(s string) (mediaType, charset string) {
	mediaType, parameters, _ := cutByte(s, ';')
	if !ValidMediaType(mediaType) {
		return "", ""
	}
	for parameters != "" {
		var p string
		p, parameters, _ = cutByte(parameters, ';')
		name, value, _ := cutByte(p, '=')
		if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
			value = value[1 : n-1]
		}
		if equalFold(name, "charset") && ValidToken(value) {
			charset = value
		}
	}
	return mediaType, charset
}

// withCharset adds the charset parameter to text types and to no other; an
// empty or malformed charset is utf-8.
func withCharset(mediaType, charset string) string {
	const text, utf8 = "text/", "; charset=utf-8"
	if len(mediaType) < len(text) || !equalFold(mediaType[:len(text)], text) {
		return mediaType
	}
	switch {
	case charset != "" && ValidToken(charset):
		return mediaType + "; charset=" + charset
	case mediaType == "text/plain":
		return "text/plain" + utf8 // a constant: the common case allocates nothing
	}
	return mediaType + utf8
}

var mediaTypes = map[string]string{
	"3gp":         "video/3gpp",
	"7z":          "application/x-7z-compressed",
	"aac":         "audio/aac",
	"ai":          "application/postscript",
	"aif":         "audio/aiff",
	"aiff":        "audio/aiff",
	"apk":         "application/vnd.android.package-archive",
	"apng":        "image/apng",
	"asc":         "text/plain",
	"atom":        "application/atom+xml",
	"avi":         "video/x-msvideo",
	"avif":        "image/avif",
	"azw":         "application/vnd.amazon.ebook",
	"azw3":        "application/vnd.amazon.ebook",
	"bash":        "text/x-shellscript",
	"bin":         "application/octet-stream",
	"bmp":         "image/bmp",
	"br":          "application/x-brotli",
	"bz2":         "application/x-bzip2",
	"c":           "text/x-c",
	"cc":          "text/x-c++",
	"cer":         "application/pkix-cert",
	"cfg":         "text/plain",
	"cjs":         "text/javascript",
	"class":       "application/java-vm",
	"com":         "application/x-msdownload",
	"conf":        "text/plain",
	"cpio":        "application/x-cpio",
	"cpp":         "text/x-c++",
	"crt":         "application/pkix-cert",
	"css":         "text/css",
	"csv":         "text/csv",
	"cur":         "image/x-icon",
	"cxx":         "text/x-c++",
	"dat":         "application/octet-stream",
	"db":          "application/vnd.sqlite3",
	"dcm":         "application/dicom",
	"deb":         "application/vnd.debian.binary-package",
	"diff":        "text/plain",
	"djv":         "image/vnd.djvu",
	"djvu":        "image/vnd.djvu",
	"dll":         "application/x-msdownload",
	"dmg":         "application/x-apple-diskimage",
	"doc":         "application/msword",
	"docx":        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"dot":         "application/msword",
	"dotx":        "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
	"dump":        "application/octet-stream",
	"ear":         "application/java-archive",
	"eml":         "message/rfc822",
	"env":         "text/plain",
	"eot":         "application/vnd.ms-fontobject",
	"eps":         "application/postscript",
	"epub":        "application/epub+zip",
	"exe":         "application/x-msdownload",
	"flac":        "audio/flac",
	"flv":         "video/x-flv",
	"geojson":     "application/geo+json",
	"gif":         "image/gif",
	"glb":         "model/gltf-binary",
	"gltf":        "model/gltf+json",
	"go":          "text/x-go",
	"gpg":         "application/pgp-keys",
	"gpx":         "application/gpx+xml",
	"gz":          "application/gzip",
	"h":           "text/x-c",
	"heic":        "image/heic",
	"heif":        "image/heif",
	"hpp":         "text/x-c++",
	"htm":         "text/html",
	"html":        "text/html",
	"hxx":         "text/x-c++",
	"ico":         "image/x-icon",
	"ics":         "text/calendar",
	"img":         "application/octet-stream",
	"ini":         "text/plain",
	"iso":         "application/x-iso9660-image",
	"jar":         "application/java-archive",
	"java":        "text/x-java",
	"jfif":        "image/jpeg",
	"jp2":         "image/jp2",
	"jpe":         "image/jpeg",
	"jpeg":        "image/jpeg",
	"jpg":         "image/jpeg",
	"js":          "text/javascript",
	"json":        "application/json",
	"jsonl":       "application/jsonl",
	"jsonld":      "application/ld+json",
	"jxl":         "image/jxl",
	"kml":         "application/vnd.google-earth.kml+xml",
	"kmz":         "application/vnd.google-earth.kmz",
	"list":        "text/plain",
	"log":         "text/plain",
	"lz":          "application/x-lzip",
	"lzma":        "application/x-lzma",
	"m2ts":        "video/mp2t",
	"m3u":         "audio/mpegurl",
	"m3u8":        "application/vnd.apple.mpegurl",
	"m4a":         "audio/mp4",
	"m4b":         "audio/mp4",
	"m4v":         "video/mp4",
	"map":         "application/json",
	"markdown":    "text/markdown",
	"md":          "text/markdown",
	"md5":         "text/plain",
	"mht":         "message/rfc822",
	"mhtml":       "message/rfc822",
	"mid":         "audio/midi",
	"midi":        "audio/midi",
	"mjs":         "text/javascript",
	"mkv":         "video/matroska",
	"mobi":        "application/x-mobipocket-ebook",
	"mov":         "video/quicktime",
	"mp3":         "audio/mpeg",
	"mp4":         "video/mp4",
	"mpd":         "application/dash+xml",
	"mpeg":        "video/mpeg",
	"mpg":         "video/mpeg",
	"mpga":        "audio/mpeg",
	"msi":         "application/x-msi",
	"ndjson":      "application/jsonl",
	"obj":         "model/obj",
	"odg":         "application/vnd.oasis.opendocument.graphics",
	"odp":         "application/vnd.oasis.opendocument.presentation",
	"ods":         "application/vnd.oasis.opendocument.spreadsheet",
	"odt":         "application/vnd.oasis.opendocument.text",
	"oga":         "audio/ogg",
	"ogg":         "audio/ogg",
	"ogv":         "video/ogg",
	"ogx":         "application/ogg",
	"opus":        "audio/ogg",
	"otf":         "font/otf",
	"p12":         "application/x-pkcs12",
	"parquet":     "application/vnd.apache.parquet",
	"patch":       "text/plain",
	"pdf":         "application/pdf",
	"pem":         "application/pem-certificate-chain",
	"pfx":         "application/x-pkcs12",
	"php":         "application/x-httpd-php",
	"phtml":       "application/x-httpd-php",
	"pkg":         "application/octet-stream",
	"png":         "image/png",
	"pot":         "application/vnd.ms-powerpoint",
	"pps":         "application/vnd.ms-powerpoint",
	"ppsx":        "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
	"ppt":         "application/vnd.ms-powerpoint",
	"pptx":        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"prc":         "application/x-mobipocket-ebook",
	"ps":          "application/postscript",
	"psd":         "image/vnd.adobe.photoshop",
	"py":          "text/x-python",
	"qt":          "video/quicktime",
	"rar":         "application/vnd.rar",
	"rpm":         "application/x-rpm",
	"rs":          "text/x-rust",
	"rss":         "application/rss+xml",
	"rtf":         "text/rtf",
	"sh":          "text/x-shellscript",
	"sha1":        "text/plain",
	"sha256":      "text/plain",
	"sha512":      "text/plain",
	"shar":        "application/x-sh-archive",
	"shtml":       "text/html",
	"sig":         "application/pgp-signature",
	"so":          "application/x-sharedlib",
	"spx":         "audio/ogg",
	"sql":         "text/x-sql",
	"sqlite":      "application/vnd.sqlite3",
	"sqlite3":     "application/vnd.sqlite3",
	"srt":         "text/plain",
	"stl":         "model/stl",
	"sub":         "text/plain",
	"svg":         "image/svg+xml",
	"svgz":        "image/svg+xml",
	"swf":         "application/x-shockwave-flash",
	"tar":         "application/x-tar",
	"tbz2":        "application/x-bzip2",
	"tex":         "text/x-tex",
	"text":        "text/plain",
	"tgz":         "application/gzip",
	"tif":         "image/tiff",
	"tiff":        "image/tiff",
	"toml":        "application/toml",
	"torrent":     "application/x-bittorrent",
	"ts":          "video/mp2t",
	"tsv":         "text/tab-separated-values",
	"ttc":         "font/collection",
	"ttf":         "font/ttf",
	"txt":         "text/plain",
	"txz":         "application/x-xz",
	"tzst":        "application/zstd",
	"vcard":       "text/vcard",
	"vcf":         "text/vcard",
	"vsd":         "application/vnd.visio",
	"vtt":         "text/vtt",
	"war":         "application/java-archive",
	"wasm":        "application/wasm",
	"wav":         "audio/wav",
	"weba":        "audio/webm",
	"webm":        "video/webm",
	"webmanifest": "application/manifest+json",
	"webp":        "image/webp",
	"wma":         "audio/x-ms-wma",
	"wmv":         "video/x-ms-wmv",
	"woff":        "font/woff",
	"woff2":       "font/woff2",
	"xcf":         "image/x-xcf",
	"xht":         "application/xhtml+xml",
	"xhtml":       "application/xhtml+xml",
	"xls":         "application/vnd.ms-excel",
	"xlsx":        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"xlt":         "application/vnd.ms-excel",
	"xltx":        "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
	"xml":         "application/xml",
	"xsd":         "application/xml",
	"xsl":         "application/xml",
	"xslt":        "application/xslt+xml",
	"xz":          "application/x-xz",
	"yaml":        "application/yaml",
	"yml":         "application/yaml",
	"zip":         "application/zip",
	"zsh":         "text/x-shellscript",
	"zst":         "application/zstd",
}
