package config_test

import (
	"strings"
	"testing"

	"github.com/downlink-go/downlink/config"
)

// badFiles are files and their faults, as "line:column: sentence", all at once.
var badFiles = []struct{ name, text, want string }{
	{"server and log", `[server]
listen = 8080
read_header_timeout = 10
idle_timeout = "-1s"
write_timeout = "2 minutes"
max_header_bytes = 0
request_id_header = "X Request"
lisen = ":80"
[log]
level = "warning"
access = "yes"
format = []
`, `
2:10: listen takes a string in quotes; found the integer 8080
3:23: read_header_timeout takes a duration longer than zero, such as "90s", "2m" or "1h30m"; found the integer 10
4:16: idle_timeout takes a duration longer than zero, such as "90s", "2m" or "1h30m"; found the string "-1s"
5:17: write_timeout takes a duration longer than zero, such as "90s", "2m" or "1h30m"; found the string "2 minutes"
6:20: max_header_bytes must be more than 0; 65536 suits most sites
7:21: request_id_header "X Request": write the name of a header field, such as "X-Request-Id"
8:1: key "lisen" is unknown in [server]: did you mean "listen"?
10:9: level takes "debug" or "info" or "warn" or "error"; found "warning"
11:10: access takes true or false, without quotes; found the string "yes"
12:1: format takes a string in quotes; found an array
`},
	{"links", `[server]
client_address_header = "X Real"
[links]
max_life = "100ms"
leeway = "61s"
resume = 5
revoked = ["x"]
life = "1h"
[[links.keys]]
id = "a b"
secret_file = "/etc/a.key"
[[links.keys]]
secret_env = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="
[[links.keys]]
id = "b"
[[links.keys]]
id = "b"
secret_file = "/etc/b.key"
secret_env = "B"
secret = "YpTQ0gnmvUXMKTg5wBKbtTiL4qQYhtNpCyPUq7mYvkM="
`, `
2:25: client_address_header "X Real": write the name of a header field, such as "X-Real-IP"
4:12: max_life must be a second or more, such as "168h"
5:10: leeway is for clocks that differ a little: write at most "60s"
6:10: resume takes a duration longer than zero, such as "90s", "2m" or "1h30m"; found the integer 5
7:1: revoked takes a string in quotes; found an array
8:1: key "life" is unknown in [links]: take it out; known are max_life, leeway, resume, revoked, keys
10:6: id "a b": use 1 to 32 letters, digits, - _ and ., such as "2026-07"
12:1: id is missing: write it, for example id = "2026-07"
13:14: secret_env is the name of an environment variable, of letters, digits and _, such as "DOWNLINK_LINK_KEY": never write the secret itself here
14:1: the secret is missing: write secret_file with the path of a file that has it, or secret_env with the name of an environment variable
17:6: id "b" is taken by the key on line 14: choose another
19:14: secret_file and secret_env are two secrets: keep one, and write a key for each
20:1: key "secret" is unknown in [[links.keys]]: take it out; known are id, secret_file, secret_env
`},
	{"links behind a front server that does not say who the client is", `[[links.keys]]
id = "a"
secret_env = "A"
[stores.files]
path = "/f"
[[views]]
pattern = "/f/{path...}"
kind = "storage"
store = "files"
[[offload]]
front = "nginx"
source = "files"
destination = "/_internal/"
`, `
1:1: client_address_header is missing: behind a front server, links for a network and with a use limit need it to tell clients apart; write client_address_header = "X-Forwarded-For" below [server]
`},
	{"what a front server cannot be told, and a destination for one that is none", `[server]
client_address_header = "X-Forwarded-For"
[stores.files]
path = "/srv/$a"
[[offload]]
front = "nginx"
source = "files"
destination = "/_internal/"
[[offload]]
front = "caddy"
source_dir = "/srv/{a}"
destination = "/_other/"
[[offload]]
front = "ngnix"
source = "files"
destination = "files"
`, `
4:8: "/srv/$a": nginx cannot be told of "$" in a path: rename the directory
11:14: "/srv/{a}": caddy cannot be told of "{" in a path: rename the directory
14:9: front takes "nginx" or "apache" or "lighttpd" or "caddy" or "header"; found "ngnix"
16:15: destination "files": begin it with "/", as "/_internal/files/"
`},
	{"tracking", `[tracking]
count = 1
window = "25h"
flush = "2m"
queue = 0
await_log = "1500ms"
`, `
2:9: count takes true or false, without quotes; found the integer 1
3:10: window takes memory for each download in it: write at most "24h"
4:9: flush is what is lost if the process is killed: write at most "1m"
5:9: queue must be 1 to 1000000 downloads; 20000 suits most sites
6:13: await_log takes a duration of whole seconds, such as "90s" or "1h", or "off"; found the string "1500ms"
`},
	{"webhooks", `[[webhooks]]
timeout = "26s"
[[webhooks]]
url = "app.example.org"
secret_env = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw="
[[webhooks]]
url = "https://me:password@app.example.org/"
secret_env = "A"
secret_file = "b"
secret = "whsec_"
`, `
1:1: url is missing: write it, for example url = "https://app.example.org/hooks/downloads"
2:11: timeout: an application that takes the events and works on them later answers at once; write at most "25s"
4:7: url "app.example.org": write an absolute URL without user name and password, such as "https://app.example.org/hooks/downloads"
5:14: secret_env is the name of an environment variable, of letters, digits and _, such as "DOWNLINK_WEBHOOK_SECRET": never write the secret itself here
7:7: url "https://me:password@app.example.org/": write an absolute URL without user name and password, such as "https://app.example.org/hooks/downloads"
8:14: secret_file and secret_env are two secrets: keep one, and write a webhook for each
10:1: key "secret" is unknown in [[webhooks]]: take it out; known are url, secret_file, secret_env, timeout
`},
	{"metrics", `[metrics]
listen = "9100"
path = "metrics"
`, `
2:10: listen "9100": write host:port such as "127.0.0.1:9100", or "unix:/run/downlink-metrics.sock"
3:8: path "metrics": write the path of a URL, such as "/metrics"
`},
	{"metrics where something else is", `[metrics]
listen = "127.0.0.1:8080"
path = "/readyz"
`, `
2:10: listen "127.0.0.1:8080": the site is there; choose another address, or write path in place of listen
3:8: path "/readyz": the readiness check is there; choose another
`},
	{"metrics where a view is", `[stores.files]
path = "x"
[[views]]
pattern = "/numbers"
kind = "storage"
store = "files"
path = "numbers.txt"
[metrics]
path = "/numbers"
`, `
9:8: path "/numbers": a view is there; choose another
`},
	{"a log that names other ids", `[tracking]
await_log = "48h"
`, `
2:13: await_log: nginx's log names requests by nginx's own ids; write request_id_header = "X-Request-Id" below [server], so that Downlink takes them
`},
	{"links without keys", `[links]
max_life = "1h"
`, `
1:1: keys are missing: write [[links.keys]] with id and secret_file
`},
	{"keys that are no list", `[links]
keys = "secret"
`, `
2:8: keys is a list of tables: write [[links.keys]] with two brackets above each, and its keys below
`},
	{"protected views", `[forward_auth]
url = "http://user:password@127.0.0.1/"
headers = ["Cookie", "a b", "Host", "X-Forwarded-For"]
[stores.a]
path = "/a"
[stores.b]
path = "/b"
delivery = "redirect"
unsigned_public_url = "https://example.org/b/"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "a"
link = "required"
list = true
cache_control = "public, max-age=60"
[[views]]
pattern = "/b/{path...}"
kind = "storage"
store = "b"
allow = "forward-auth"
[[views]]
pattern = "/c/{path...}"
kind = "storage"
store = "a"
link = "optional"
allow = true
`, `
2:7: url: take the user name and the password out; what the client sends is passed on
3:1: headers: "a b" is not the name of a header field, such as "Cookie"
14:8: link needs keys: write [[links.keys]] with id and secret_file
15:8: list would tell everybody the names of files that not everybody may have: take it out
16:17: cache_control "public, max-age=60" would have shared caches give the files to everybody: write "private" or leave it out
20:9: store "b" sends clients to a public URL, and not everybody may have this view's files: write cloudfront_url into the store, or delivery = "stream"
26:8: link takes "required"; found "optional"
27:9: allow takes a string in quotes; found true
`},
	{"forward-auth of nobody", `[stores.a]
path = "/a"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "a"
allow = "forward-auth"
`, `
7:9: allow needs an application to ask: write [forward_auth] with url = "http://127.0.0.1:8000/auth"
`},
	{"an admin", `[admin]
enabled = true
url = "files.example.org"
[admin.oidc]
issuer = "http://login.example.org"
client_id = "downlink"
[[views]]
pattern = "/admin/{path...}"
kind = "http"
url = "https://files.example/{path}"
origins = ["https://files.example"]
[[views]]
pattern = "/admin"
kind = "http"
url = "https://files.example/x"
origins = ["https://files.example"]
`, `
3:7: url "files.example.org": write the site's own URL, such as "https://files.example.org"
4:1: client_secret_env is missing: write it, for example client_secret_env = "DOWNLINK_OIDC_SECRET"
4:1: nobody could log in: write emails = ["anna@example.org"] or groups = ["downlink"]
5:10: issuer "http://login.example.org": write the provider's URL as it says it itself, such as "https://login.example.org"
8:11: pattern "/admin/{path...}": the admin is there; choose another
13:11: pattern "/admin": the admin is there; choose another
`},
	{"uploads straight to a folder", `[stores.files]
path = "/srv/files"
[admin]
direct_uploads = true
`, `
4:18: direct_uploads: browsers can send files themselves only to a store with driver = "s3", which "files" is not
`},
	{"a provider that cannot send people back", `[admin.oidc]
issuer = "https://login.example.org"
client_id = "downlink"
client_secret_env = "SECRET"
groups = ["editors"]
`, `
1:1: url is missing: the provider sends people back to it; write the site's own URL, such as "https://files.example.org"
`},
	{"forward-auth at no URL", `[forward_auth]
timeout = "1s"
headers = ["Host"]
`, `
1:1: url is missing: write where your application answers, such as "http://127.0.0.1:8000/auth"
3:1: headers: "Host" is said by Downlink itself or of no use there: take it out
`},
	{"forward-auth at half a URL", `[forward_auth]
url = "127.0.0.1:8000/auth"
`, `
2:7: url "127.0.0.1:8000/auth": write an absolute URL such as "http://127.0.0.1:8000/auth"
`},
	{"protected views on Workers", `[stores.a]
driver = "r2"
binding = "A"
[[links.keys]]
id = "a"
secret_file = "/etc/a.key"
[forward_auth]
url = "http://127.0.0.1:8000/auth"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "a"
allow = "forward-auth"
`, `
6:15: secret_file: there are no files on Workers; write secret_env with the name of the secret's binding
13:9: allow = "forward-auth": nobody is asked on Workers; write platforms = ["server"] into this view to leave it out there
`},
	{"addresses", `[server]
listen = "http://127.0.0.1:80"
`, `
2:10: listen "http://127.0.0.1:80": write host:port such as "127.0.0.1:8080", or "unix:/run/downlink.sock"
`},
	{"socket is relative", `[server]
listen = "unix:downlink.sock"
`, `
2:10: listen "unix:downlink.sock": write the socket's absolute path, such as "unix:/run/downlink.sock"
`},
	{"IPv6 without brackets", `server.listen = "::1:80"
`, `
1:17: listen "::1:80": write host:port such as "127.0.0.1:8080", or "unix:/run/downlink.sock"
`},
	{"port too large", `server.listen = ":65536"
`, `
1:17: listen ":65536": write host:port such as "127.0.0.1:8080", or "unix:/run/downlink.sock"
`},
	{"host without port", `server.listen = "localhost"
`, `
1:17: listen "localhost": write host:port such as "127.0.0.1:8080", or "unix:/run/downlink.sock"
`},
	{"overlays and generated files", `[stores.files]
path = "/srv/files"
[stores.generated]
path = "/srv/generated"
[overlays.card]
store = "fils"
background = "../x.png"
text = "Hi {name"
width = 100001
font_size = 0
color = "red"
overflow = "wrap"
quality = 101
[overlays.two]
store = "files"
background = "{who}.png"
text = "{who} and {whom}"
width = 1
height = 1
[generated]
max_bytes = "off"
parallel = -1
zip_files = 0
[[views]]
pattern = "/a/{name}"
kind = "overlay"
overlay = "card"
path = "x"
[[views]]
pattern = "/b/{who}"
kind = "overlay"
overlay = "twos"
delivery = "auto"
[[views]]
pattern = "/c/{who}"
kind = "overlay"
overlay = "two"
offload = "r"
[[offload]]
name = "r"
front = "nginx"
source = "files"
destination = "/_internal/files/"
`, `
3:1: the name "generated" is kept for the files that views make: choose another
5:1: height is missing: write the height of the text's box in pixels
6:9: there is no store "fils": did you mean "files"?
7:14: background "../x.png": empty or dot segment in the path; write the key of an image, such as "card.png"
8:8: text "Hi {name": write a variable like "{name}"
9:9: width is 100001: write 1 to 100000
10:13: font_size is 0: write 1 to 1000
11:9: color "red": write "#rrggbb", or "#rrggbbaa" to let the background through
12:12: overflow takes "shrink" or "clip" or "fail"; found "wrap"
13:11: quality is 101: write 1 to 100
17:8: text "{who} and {whom}": the pattern of the view has no variable {whom}
20:1: path is missing: write [generated] and path, a directory for what views of kind overlay make, such as "/var/cache/downlink"
21:13: max_bytes cannot be "off": generated files would fill the disk; write a size such as "1g"
22:12: parallel is a number of files, or 0 for one for each processor
23:13: zip_files must be more than 0; 10000 suits most sites
28:8: path is not for views of kind overlay: take it out; the background is a key of the overlay's own
32:11: there is no overlay "twos": did you mean "two"?
33:12: delivery is for files in a store, and this view is of kind overlay: take it out, or change kind
38:11: offload rule "r" is for the store "files" and this view's files are in the store "generated": choose another rule, or take it out
`},
	{"generated files on Workers", `[stores.a]
path = "/srv/a"
workers = {driver = "r2", binding = "A"}
[overlays.card]
store = "a"
background = "x.png"
text = "x"
width = 1
height = 1
[generated]
path = "/var/cache/downlink"
[[views]]
pattern = "/a"
kind = "overlay"
overlay = "card"
[[views]]
pattern = "/b"
kind = "zip"
store = "a"
platforms = ["workers"]
[[views]]
pattern = "/c"
kind = "zip"
store = "a"
platforms = ["server"]
`, `
14:8: kind overlay: there is none on Workers; write platforms = ["server"] into this view to leave it out there
18:8: kind zip: there is none on Workers; write platforms = ["server"] into this view to leave it out there
`},
	{"zip files", `[stores.files]
path = "/srv/files"
[[views]]
pattern = "/a"
kind = "zip"
[[views]]
pattern = "/b"
kind = "zip"
store = "files"
items = ["x"]
[[views]]
pattern = "/c"
kind = "zip"
items = ["x"]
path = "x"
offload = "off"
precompressed = ["br"]
[[views]]
pattern = "/d/{folder}"
kind = "zip"
store = "files"
[[views]]
pattern = "/e/{path...}"
kind = "storage"
store = "files"
items = ["x"]
overlay = "x"
`, `
3:1: store is missing: a view of kind zip needs it, or else items
10:1: store and items are two things to pack: keep one, and write a view for each
15:8: path is a folder of a store, and this view packs items: take it out
16:11: offload is for files, and a zip file is made while it is sent: take it out
17:1: precompressed is for files of your own, and this view is of kind zip: take it out, or change kind
19:11: pattern "/d/{folder}": path {path}: the pattern has no variable {path}; add it, or write path with the variables there are
26:1: items is for views of kind zip and this one is of kind storage: take it out, or change kind
27:11: overlay is for views of kind overlay and this one is of kind storage: take it out, or change kind
`},
	{"S3", `[stores.a]
driver = "s3"
path = "/srv/a"
bucket = "https://a/b"
region = "eu central"
endpoint = "minio:9000"
prefix = "../x"
redirect_min_bytes = -1
redirect_expires = "169h"
[stores.b]
driver = "s3"
[stores.c]
path = "/srv/c"
bucket = "c"
delivery = "auto"
[stores.d]
path = "/srv/d"
delivery = "direct"
[stores.e]
driver = "r2"
binding = "E"
prefix = "x/"
[stores.f]
driver = "s3"
bucket = "arn:aws:s3:eu-central-1:123456789012:accesspoint:f"
[stores.g]
driver = "s3"
bucket = "g--euc1-az1--x-s3"
[stores.h]
driver = "s3"
bucket = "h-o0123456789abcdefg--op-s3"
`, `
3:8: path is not for the driver "s3": take it out, or change driver
4:10: bucket "https://a/b": write its name alone, such as "my-downloads"; folders in it go to prefix
5:10: region "eu central": write one word, such as "eu-central-1", or "auto" for R2
6:12: endpoint "minio:9000": write the server's URL without the bucket, such as "https://minio.example.org:9000"
7:10: prefix "../x": write a relative path such as "downloads/"
8:22: redirect_min_bytes must be 0 or more; 8388608 suits most sites
9:20: redirect_expires takes whole seconds up to 168h, and less is safer: "5m" lets every client begin
10:1: bucket is missing: write it, for example bucket = "my-downloads"
14:10: bucket is not for the driver "dir": take it out, or change driver
15:12: delivery "auto": the store has no place to send clients to: write cloudfront_url or unsigned_public_url into the store, or delivery = "stream"
18:12: delivery takes "stream" or "redirect" or "auto"; found "direct"
22:10: prefix is not for the driver "r2": take it out, or change driver
25:10: bucket "arn:aws:s3:eu-central-1:123456789012:accesspoint:f": of an access point write the alias, which is a bucket's name
28:10: bucket "g--euc1-az1--x-s3": directory buckets have an API of their own; use one for general purposes
31:10: bucket "h-o0123456789abcdefg--op-s3": access points of Outposts have an API of their own; use a bucket for general purposes
`},
	{"places to send clients to", `[stores.a]
path = "/srv/a"
cloudfront_url = "cdn.example.org"
cloudfront_key_id = "K 1"
unsigned_public_url = "https://user@mirror.example.org/"
[stores.b]
path = "/srv/b"
cloudfront_key_file = "key.pem"
[stores.c]
path = "/srv/c"
[[views]]
pattern = "/c/{path...}"
kind = "storage"
store = "c"
delivery = "redirect"
[stores.f]
path = "/srv/f"
unsigned_public_url = "https://user@mirror.example.org/"
[[views]]
pattern = "/p/{path...}"
kind = "path"
root = "/srv/p"
delivery = "stream"
`, `
1:1: cloudfront_key_file is missing: CloudFront needs cloudfront_url, cloudfront_key_id and cloudfront_key_file or cloudfront_key_env
3:18: cloudfront_url "cdn.example.org": write a URL, percent-encoded, without user, query and fragment, such as "https://d111111abcdef8.cloudfront.net/"
4:21: cloudfront_key_id "K 1": write the id of the public key, such as "K2JCJMDEHXQW5F"
5:23: cloudfront_url and unsigned_public_url are two places to send clients to: keep one
6:1: cloudfront_url is missing: CloudFront needs cloudfront_url, cloudfront_key_id and cloudfront_key_file or cloudfront_key_env
6:1: cloudfront_key_id is missing: CloudFront needs cloudfront_url, cloudfront_key_id and cloudfront_key_file or cloudfront_key_env
15:12: delivery "redirect": the store "c" has no place on a server to send clients to: write cloudfront_url or unsigned_public_url into the store, or delivery = "stream"
18:23: unsigned_public_url "https://user@mirror.example.org/": write a URL, percent-encoded, without user, query and fragment, such as "https://mirror.example.org/files/"
23:12: delivery is for files in a store, and this view is of kind path: take it out, or change kind
`},
	{"items to send clients elsewhere for", `[stores.a]
path = "/srv/a"
[[views]]
pattern = "/items/{slug}"
kind = "object"
delivery = "auto"
`, `
6:12: delivery "auto": no store has a place on a server to send clients to: write cloudfront_url or unsigned_public_url into the store, or delivery = "stream"
`},
	{"unknown tables and keys", `listen = ":80"
colour = "red"
[sever]
[store.files]
path = "x"
[server.tls]
[[view]]
[catalog]
data = "x"
format = 1
`, `
1:1: key "listen" is unknown in the file: it belongs below [server]
2:1: key "colour" is unknown in the file: take it out; known are server, log, stores, views, offload, catalog, http, links, forward_auth, page, tracking, webhooks, metrics, overlays, generated, admin
3:2: table "sever" is unknown in the file: did you mean "server"?
4:2: table "store" is unknown in the file: did you mean "stores"?
6:9: key "tls" is unknown in [server]: take it out; known are listen, data, read_header_timeout, idle_timeout, write_timeout, shutdown_timeout, max_header_bytes, request_id_header, front, client_address_header
7:3: table "view" is unknown in the file: did you mean "views"?
9:1: key "data" is unknown in [catalog]: it belongs below [server]
10:1: key "format" is unknown in [catalog]: it belongs below [log]
`},
	{"misshapen tables", `stores = 1
views = 1
server = "x"
offload = [{front = "nginx"}, 1]
[[log]]
[catalog]
path = {x = 1}
`, `
1:10: stores are tables by name: write [stores.files] on a line of its own, and its keys below
2:9: views is a list of tables: write [[views]] with two brackets above each, and its keys below
3:10: server is a table: write [server] on a line of its own, and its keys below
4:1: offload is a list of tables: write [[offload]] with two brackets above each, and its keys below
5:1: log is a table: write [log] on a line of its own, and its keys below
7:8: path takes a string in quotes; found a table
`},
	{"stores", `[stores]
path = "x"
[stores."a b"]
path = "y"
[stores.none]
[stores.files]
driver = "ftp"
path = 2006-01-02
base_url = "ftp://x"
drivr = "dir"
[stores.query]
path = ""
base_url = "/media/?x"
`, `
2:1: "path" stands in no store: write [stores.NAME], with a name of your own, above it
3:9: store name "a b": use letters, digits, - and _ only
5:1: path is missing: write it, for example path = "/srv/files"
7:10: driver takes "dir" or "s3" or "r2"; found "ftp"
8:8: path takes a string in quotes; found the date or time 2006-01-02
9:12: base_url "ftp://x": write a URL prefix such as "https://example.org/files/" or "/media/", without percent-encoding and query
10:1: key "drivr" is unknown in [stores.files]: did you mean "driver"?
12:8: path is missing: write it, for example path = "/srv/files"
13:12: base_url "/media/?x": write a URL prefix such as "https://example.org/files/" or "/media/", without percent-encoding and query
`},
	{"views: listed without a URL for each file", `[stores.files]
path = "x"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "files"
path = "a/{path}"
list = true
[[views]]
pattern = "/b/{dir}/{path}"
kind = "storage"
store = "files"
list = true
[[views]]
pattern = "/c/{path...}"
kind = "storage"
store = "files"
path = "{path}.gz"
list = true
`, `
13:8: list needs a pattern with one variable, and a path that ends with it: take list out, or change them
19:8: list needs a pattern with one variable, and a path that ends with it: take list out, or change them
`},
	{"views: missing and of another kind", `[stores.files]
path = "x"
[[views]]
[[views]]
pattern = "/a/{path...}"
kind = "storage"
root = "/x"
[[views]]
pattern = "/b/{path...}"
kind = "path"
store = "files"
list = false
[[views]]
pattern = "/c/{path...}"
kind = "ftp"
store = 1
[[views]]
pattern = "/d/{path...}"
kind = "storage"
store = "fils"
[[views]]
pattern = "/e/{path...}"
kind = "storage"
store = "files.path"
`, `
3:1: pattern is missing: write it, for example pattern = "/files/{path...}"
3:1: kind is missing: write it, for example kind = "storage"
4:1: store is missing: a view of kind storage needs it
7:8: root is for views of kind path and this one is of kind storage: take it out, or change kind
8:1: root is missing: a view of kind path needs it
11:9: store is for views of kind storage and this one is of kind path: take it out, or change kind
12:8: list is for views of kind storage and this one is of kind path: take it out, or change kind
15:8: kind takes "storage" or "path" or "object" or "http" or "overlay" or "zip"; found "ftp"
16:9: store takes a string in quotes; found the integer 1
20:9: there is no store "fils": did you mean "files"?
24:9: there is no store "files.path": write [stores.NAME] with its path
`},
	{"views: a wrong kind hides no other fault", `[[views]]
pattern = "/a/{path...}"
kind = "store"
store = "file"
path = "public/{name}"
precompressed = ["br", "br"]
[[views]]
pattern = "/b/{path...}"
kind = "overlays"
overlay = "card"
[[views]]
pattern = "/c/{path...}"
kind = "proxy"
url = "https://files.example/{path}"
origins = ["files.example"]
`, `
3:8: kind takes "storage" or "path" or "object" or "http" or "overlay" or "zip"; found "store"
4:9: there is no store "file": write [stores.file] with its path
5:8: path public/{name}: the pattern has no variable {name}; correct it, or the pattern "/a/{path...}"
6:1: precompressed has a coding twice: remove one
9:8: kind takes "storage" or "path" or "object" or "http" or "overlay" or "zip"; found "overlays"
10:11: there is no overlay "card": write [overlays.NAME] with that name
13:8: kind takes "storage" or "path" or "object" or "http" or "overlay" or "zip"; found "proxy"
15:1: origin "files.example": write scheme, host and port, such as "https://files.example" or "http://files.internal:8080": there is more than scheme, host and port
`},
	{"views: of other servers", `[[views]]
pattern = "/a/{path...}"
kind = "http"
[[views]]
pattern = "/b/{path...}"
kind = "http"
url = "https://{path}/"
origins = ["files.example"]
path = "x"
[[views]]
pattern = "/c/{path...}"
kind = "http"
url = "https://files.example/{name}"
origins = ["http://files.example"]
store = "x"
[[views]]
pattern = "/e/{path...}"
kind = "http"
url = "https://files.example/{path}"
origins = ["http://files.example", "https://files.example:8443"]
[[views]]
pattern = "/d/{path...}"
kind = "http"
url = "http://0x7f.1/{path}"
origins = ["https://files.example"]
[http]
networks = ["10.0.0.1/8"]
max_header_bytes = 0
max_size = "10x"
total_timeout = "off"
`, `
1:1: url is missing: a view of kind http needs it
1:1: origins is missing: a view of kind http needs it
7:7: url https://{path}/: write a whole URL with variables behind the host only, such as https://files.example/{path}; correct it, or the pattern "/b/{path...}"
8:1: origin "files.example": write scheme, host and port, such as "https://files.example" or "http://files.internal:8080": there is more than scheme, host and port
9:8: path is not for views of kind http: write the variables in url
13:7: url https://files.example/{name}: the pattern has no variable {name}; correct it, or the pattern "/c/{path...}"
15:9: store is for views of kind storage and this one is of kind http: take it out, or change kind
20:1: origins has not the one of url: add "https://files.example"
24:7: url "http://0x7f.1/{path}": host "0x7f.1" ends in a number and is no address
27:1: network "10.0.0.1/8": write an address and the length of its prefix, with no bit set behind it, such as "10.0.0.0/8"
28:20: max_header_bytes must be more than 0; 65536 suits most servers
29:12: max_size takes bytes, such as 1048576, "500m" or "10g", or "off"; found the string "10x"
`},
	{"views: pre-compressed files", `[stores.files]
path = "x"
[stores.files.workers]
driver = "r2"
binding = "F"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "files"
platforms = ["server"]
precompressed = ["gz"]
[[views]]
pattern = "/b/{path...}"
kind = "storage"
store = "files"
platforms = ["server"]
precompressed = ["gzip", "br", "gzip"]
[[views]]
pattern = "/c/{path...}"
kind = "storage"
store = "files"
platforms = ["server"]
encoding = "gzip"
precompressed = ["br"]
[[views]]
pattern = "/d/{path...}"
kind = "http"
url = "https://files.example/{path}"
origins = ["https://files.example"]
platforms = ["server"]
precompressed = ["br"]
[[views]]
pattern = "/e/{path...}"
kind = "storage"
store = "files"
precompressed = ["br"]
`, `
11:18: precompressed takes "br" or "zstd" or "gzip"; found "gz"
17:1: precompressed has a coding twice: remove one
24:1: precompressed and encoding exclude each other: files that are stored in a coding have no plain form
31:1: precompressed is for files of your own, and this view is of kind http: take it out, or change kind
36:1: precompressed files are not chosen on Workers, whose network compresses itself: take it out, or write platforms = ["server"] into this view
`},
	{"views: patterns", `[stores.files]
path = "x"
[[views]]
pattern = "files"
kind = "path"
root = "x"
[[views]]
pattern = "/a/{p...}"
kind = "path"
root = "x"
[[views]]
pattern = "/b/{path...}"
kind = "path"
root = "x"
path = "y/{pth}"
[[views]]
pattern = "/c/{path...}"
kind = "path"
root = "x"
path = "/y/{path}"
[[views]]
pattern = "/c/{x...}"
kind = "storage"
store = "files"
path = "{x}"
[[views]]
pattern = "/healthz"
kind = "path"
root = "x"
path = "x"
[[views]]
pattern = "/d/{id}"
kind = "path"
root = "x"
path = "{id}"
[[views]]
pattern = 1
kind = "path"
root = "x"
`, `
4:11: pattern "files": a pattern starts with "/" and has at least one segment, such as "/files/{path...}"; write it like "/files/{path...}"
8:11: pattern "/a/{p...}": path {path}: the pattern has no variable {path}; add it, or write path with the variables there are
15:8: path y/{pth}: the pattern has no variable {pth}; correct it, or the pattern "/b/{path...}"
20:8: path "/y/{path}": empty or dot segment in the path; write a relative path such as "public/{path}"
22:11: pattern "/c/{x...}" fits the same paths as "/c/{path...}" on line 17: change one of them
27:11: pattern "/healthz": the health check is there; choose another
32:11: pattern "/d/{id}": the catalogue's items are there; choose another, or write a view of kind object to move them
37:11: pattern takes a string in quotes; found the integer 1
`},
	{"views: where a page is", `[stores.files]
path = "x"
[[views]]
pattern = "/index.json"
kind = "storage"
store = "files"
path = "index.json"
[[offload]]
front = "nginx"
source = "files"
destination = "/index.json/"
`, `
4:11: pattern "/index.json": the index as JSON is there; choose another
11:15: destination "/index.json/" overlaps the index as JSON at /index.json: choose a prefix of its own, such as "/_internal/files/"
`},
	{"views: presentation", `[stores.files]
path = "x"
[[views]]
pattern = "/a/{path...}"
kind = "storage"
store = "files"
attachment = "no"
mimetype = "text/plain; charset=utf-8"
encoding = "g zip"
charset = "ü"
cache_control = "public\r\nX: y"
offload = "slo"
[[views]]
pattern = "/b/{path...}"
kind = "storage"
store = "files"
offload = "other"
[[views]]
pattern = "/c/{path...}"
kind = "storage"
store = "files"
offload = "none"
[[offload]]
name = "slow"
front = "nginx"
source = "files"
destination = "/_i/"
[[offload]]
name = "other"
front = "nginx"
source = "others"
destination = "/_j/"
`, `
7:14: attachment takes true or false, without quotes; found the string "no"
8:12: mimetype "text/plain; charset=utf-8": write type/subtype, such as "application/pdf"; a charset has its own key
9:12: encoding "g zip": write one word, such as "gzip"
10:11: charset "ü": write one word, such as "utf-8"
11:17: cache_control "public\r\nX: y": write printable ASCII without spaces around it, such as "public, max-age=3600"
12:11: there is no offload rule called "slo": did you mean "slow"?
17:11: offload rule "other" is for the store "others" and this view is of the store "files": choose another rule, or take it out
22:11: there is no offload rule called "none": give an [[offload]] rule that name, write "off", or take it out
31:10: there is no store "others": write [stores.others] with its path
`},
	{"offload: sources and settings", `[stores.files]
path = "x"
[[offload]]
[[offload]]
name = "off"
front = "apache2"
source = "file"
destination = "/_i/1/"
[[offload]]
name = "a"
front = "nginx"
source = "files"
source_dir = "/x"
destination = "/_i/2/"
expires = "1.5s"
buffering = 1
limit_rate = "5g"
charset = "utf 8"
[[offload]]
name = "a"
front = "nginx"
source_dir = "x"
destination = "/_i/3/"
expires = 60
limit_rate = -1
[[offload]]
front = "nginx"
source_url = "//host/"
destination = "/_i/4/"
limit_rate = "8796093022208m"
[[offload]]
front = "nginx"
source = ""
destination = "/_i/5/"
`, `
3:1: front is missing: write it, for example front = "nginx"
3:1: source is missing: write the name of a store, or else source_dir or source_url
5:8: name "off" means no rule at all: choose another
6:9: front takes "nginx" or "apache" or "lighttpd" or "caddy" or "header"; found "apache2"
7:10: there is no store "file": did you mean "files"?
13:14: source and source_dir are two sources: keep one, and write a rule for each
15:11: expires takes a duration of whole seconds, such as "90s" or "1h", or "off"; found the string "1.5s"
16:13: buffering takes true or false, without quotes; found the integer 1
17:14: limit_rate takes bytes per second, such as 512000, "500k" or "2m", or "off"; found the string "5g"
18:11: charset "utf 8": write one word, such as "utf-8"
20:8: name "a" is taken by the rule on line 9: choose another
22:14: source_dir "x": write an absolute path, such as "/srv/files"
24:11: expires takes a duration of whole seconds, such as "90s" or "1h", or "off"; found the integer 60
25:14: limit_rate takes bytes per second, such as 512000, "500k" or "2m", or "off"; found the integer -1
28:14: source_url "//host/": write a URL prefix such as "https://example.org/files/" or "/media/", without percent-encoding and query
30:14: limit_rate takes bytes per second, such as 512000, "500k" or "2m", or "off"; found the string "8796093022208m"
33:10: source is empty: write where the rule's files are
`},
	{"offload: fronts", `[stores.a]
path = "/a"
[[offload]]
front = "nginx"
source = "a"
remote = "https://user@host/x/"
field = "X-Sendfile"
[[offload]]
front = "caddy"
source = "a"
limit_rate = "1k"
destination = "_i"
remote = "http://host/"
[[offload]]
front = "apache"
source = "a"
destination = "files"
buffering = false
charset = "utf-8"
raw = true
[[offload]]
front = "lighttpd"
source = "a"
destination = "/"
[[offload]]
front = "header"
source = "a"
expires = "1s"
[[offload]]
front = "header"
source = "a"
field = "X Y"
destination = "/a?b/"
[[offload]]
front = "header"
source = "a"
field = "Content-Disposition"
destination = "http://h/$x/"
[[offload]]
front = "nginx"
source = "a"
destination = "/_r/"
remote = "http://host/a?b=c"
[[offload]]
front = "nginx"
source = "a"
destination = "/_s/"
remote = "ftp://host/"
`, `
3:1: destination is missing: write it, for example destination = "/_internal/files/"
6:10: remote "https://user@host/x/": write a URL prefix such as "https://files.example.org/public/", without user, query and variables
7:9: field is for the front header and this rule is for nginx: take it out
11:14: limit_rate is for the front nginx and this rule is for caddy: take it out
12:15: destination "_i": begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"
13:10: remote is for the front nginx and this rule is for caddy: take it out
17:15: destination "files": write the absolute path of the directory in which apache finds the files, or take it out if that is the source's own
18:13: buffering is for the front nginx and this rule is for apache: take it out
19:11: charset is for the front nginx and this rule is for apache: take it out
20:7: raw is for the front header and this rule is for apache: take it out
24:15: destination "/" would let lighttpd send every file of the machine: name the directory that holds the files
25:1: field is missing: write the name of the server's field, for example field = "X-LiteSpeed-Location"
25:1: destination is missing: write it, for example destination = "/_internal/files/"
28:11: expires is for the front nginx and this rule is for header: take it out
32:9: field "X Y": write the name of a header field, such as "X-LiteSpeed-Location"
33:15: destination "/a?b/": write a URL prefix such as "https://files.example.org/public/", without user, query and variables
37:9: field "Content-Disposition" has another meaning: write the one by which the server takes a path, such as "X-LiteSpeed-Location"
38:15: destination "http://h/$x/": write a URL prefix such as "https://files.example.org/public/", without user, query and variables
43:10: remote "http://host/a?b=c": write a URL prefix such as "https://files.example.org/public/", without user, query and variables
48:10: remote "ftp://host/": write a URL prefix such as "https://files.example.org/public/", without user, query and variables
`},
	{"offload: stores that are no directories", `[stores.b]
driver = "s3"
bucket = "b"
[[offload]]
front = "nginx"
source = "b"
destination = "/_i/"
[[offload]]
front = "nginx"
source = "b"
destination = "/_j/"
remote = "https://b.example/"
[[offload]]
front = "apache"
source = "b"
[[offload]]
front = "header"
source = "b"
field = "X-Reproxy-URL"
destination = "https://b.example/"
`, `
6:10: nginx has no directory with the files of store "b", which are kept by s3: write remote, the URL prefix at which nginx can fetch them, or take the rule out
15:10: apache has no directory with the files of store "b", which are kept by s3: take the rule out
`},
	{"offload: destinations", `[stores.a]
path = "a"
[stores.b]
path = "b"
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "a"
[[offload]]
front = "nginx"
source = "a"
destination = "/"
[[offload]]
front = "nginx"
source = "a"
destination = "/healthz/"
[[offload]]
front = "nginx"
source = "a"
destination = "/files/x/"
[[offload]]
front = "nginx"
source = "a"
destination = "/d/"
[[offload]]
front = "nginx"
source = "a"
destination = "_i"
[[offload]]
front = "nginx"
source = "a"
destination = "/a b/"
[[offload]]
front = "nginx"
source = "a"
destination = "/a/../b/"
[[offload]]
front = "nginx"
source = "a"
destination = "/_i/"
[[offload]]
front = "nginx"
source = "b"
destination = "/_i/"
[[offload]]
front = "nginx"
source = "a"
destination = "/_i/a/"
[[offload]]
front = "nginx"
source = "a"
destination = "//"
`, `
12:15: destination "/" would take over the whole site: write a prefix of its own, such as "/_internal/files/"
16:15: destination "/healthz/" overlaps the health check at /healthz: choose a prefix of its own, such as "/_internal/files/"
20:15: destination "/files/x/" overlaps the view at "/files/{path...}": choose a prefix of its own, such as "/_internal/files/"
24:15: destination "/d/" overlaps the view at "/d/{slug}": choose a prefix of its own, such as "/_internal/files/"
28:15: destination "_i": begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"
32:15: destination "/a b/": begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"
36:15: destination "/a/../b/": begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"
44:15: destination "/_i/" overlaps "/_i/" on line 40, which is for other files: choose a prefix of its own, such as "/_internal/files/"
48:15: destination "/_i/a/" overlaps "/_i/" on line 40, which is for other files: choose a prefix of its own, such as "/_internal/files/"
52:15: destination "//": begin and end it with "/" and use letters, digits and - . _ ~ between, such as "/_internal/files/"
`},
	{"catalog", `[catalog]
driver = "sqlit"
path = true
`, `
2:10: driver takes "sqlite" or "postgres" or "d1" or "dynamodb"; found "sqlit"
3:8: path takes a string in quotes; found true
`},
	{"drivers", `[stores.a]
binding = "A"
[stores.b]
driver = "r2"
path = "x"
base_url = "/b/"
[stores.b.workers]
driver = "dir"
workers = 1
[stores.c]
path = "c"
workers = "r2"
[stores.c2]
path = "c"
[stores.c2.workers]
driver = "r2"
binding = "1 FILES"
[catalog]
binding = "DB"
[catalog.workers]
path = "x"
`, `
1:1: path is missing: write it, for example path = "/srv/files"
2:11: binding is not for the driver "dir": take it out, or change driver
3:1: binding is missing: write it, for example binding = "FILES"
5:8: path is not for the driver "r2": take it out, or change driver
6:12: base_url is not for the driver "r2": take it out, or change driver
8:10: driver "dir" is not on Workers: write driver = "r2"
9:1: key "workers" is unknown in [stores.b.workers]: it belongs below [stores.NAME]
12:11: workers is a table: write [stores.c.workers] on a line of its own, and its keys below
17:11: binding "1 FILES": write the binding's name in wrangler.toml, of letters, digits and _, such as "FILES"
19:11: binding is not for the driver "sqlite": take it out, or change driver
20:1: driver "sqlite" is not on Workers: write driver = "d1"
`},
	{"DynamoDB", `[catalog]
driver = "dynamodb"
region = "eu central 1"
endpoint = "localhost:8000"
path = "x"
[catalog.lambda]
driver = "dynamodb"
table = "my table"
`, `
1:1: table is missing: write it, for example table = "downlink"
3:10: region "eu central 1": write one word, such as "eu-central-1"
4:12: endpoint "localhost:8000": write the server's URL, such as "http://127.0.0.1:8000"
5:8: path is not for the driver "dynamodb": take it out, or change driver
8:9: table "my table": write the table's name, 3 to 255 letters, digits, "_", "-" and ".", such as "downlink"
`},
	{"PostgreSQL", `[catalog]
driver = "postgres"
url = "mysql://downlink:sesame@db/x"
max_connections = 0
table = "x"
[catalog.workers]
driver = "postgres"
`, `
3:7: url is no URL of a PostgreSQL database: write such as "postgres://user@host/name", or "$NAME" for a variable that has it
4:19: max_connections 0: write 1 or more
5:9: table is not for the driver "postgres": take it out, or change driver
7:10: driver "postgres" is not on Workers: write driver = "d1"
`},
	{"SQLite on Lambda", `[stores.a]
driver = "s3"
bucket = "a"
[[views]]
pattern = "/d/{slug}"
kind = "object"
platforms = ["lambda"]
[catalog.lambda]
path = "x"
`, `
6:8: the catalogue is not on Lambda: write [catalog.lambda] with driver = "dynamodb" and a table, or platforms = ["server"] into this view
8:1: driver "sqlite" is not on Lambda: write driver = "dynamodb"
`},
	{"platforms", `[stores.files]
path = "x"
[stores.edge]
driver = "r2"
binding = "EDGE"
[[views]]
pattern = "/files/{path...}"
kind = "storage"
store = "files"
[[views]]
pattern = "/edge/{path...}"
kind = "storage"
store = "edge"
[[views]]
pattern = "/edge/{p...}"
kind = "path"
root = "x"
path = "{p}"
[[views]]
pattern = "/d/{slug}"
kind = "object"
[[views]]
pattern = "/a/{path...}"
kind = "path"
root = "x"
platforms = ["edge"]
[[views]]
pattern = "/b/{path...}"
kind = "path"
root = "x"
platforms = "server"
[[views]]
pattern = "/c/{path...}"
kind = "path"
root = "x"
platforms = []
`, `
9:9: store "files" is not on Workers: write [stores.files.workers] with driver = "r2" and a binding, or write platforms = ["server"] into this view
13:9: store "edge" is not on a server: write driver = "dir" and a path below [stores.edge], and what is there now below [stores.edge.workers], or write platforms = ["workers"] into this view
15:11: pattern "/edge/{p...}" fits the same paths as "/edge/{path...}" on line 11: change one of them
16:8: kind path: there is none on Workers; write platforms = ["server"] into this view to leave it out there
21:8: the catalogue is not on Workers: write [catalog.workers] with driver = "d1" and a binding, or platforms = ["server"] into this view
26:14: platforms takes "server" or "workers" or "lambda"; found "edge"
31:13: platforms takes a list of strings in quotes, such as ["server"]; found the string "server"
36:1: platforms takes a list of strings in quotes, such as ["server"]; found an array
`},
	{"the catalogue of a server on D1", `[stores.files]
path = "x"
[catalog]
driver = "d1"
binding = "DB"
`, `
4:10: driver "d1" is not on a server: write it below [catalog.workers]
`},
	{"twice", `[server]
listen = ":80"
listen = ":81"
[log]
[server]
idle_timeout = 1
listen = ":82"
[[log]]
[[views]]
[views]
[stores.a]
path.x = 1
path.x.y = 1
`, `
3:1: "listen" is there already, on line 2: keep one of the two
5:2: "server" is there already, on line 1: keep one of the two
6:16: idle_timeout takes a duration longer than zero, such as "90s", "2m" or "1h30m"; found the integer 1
7:1: "listen" is there already, on line 2: keep one of the two
8:3: "log" is there already, on line 4: keep one of the two
9:1: pattern is missing: write it, for example pattern = "/files/{path...}"
9:1: kind is missing: write it, for example kind = "storage"
10:2: "views" is there already, on line 9: keep one of the two
12:1: path takes a string in quotes; found a table
13:6: "x" is there already, on line 12: keep one of the two
`},
	{"not TOML", `[server]
listen = ":80"
lisen = ":80"
"ü" = x
`, `
4:7: this is not TOML: unexpected character U+0078 'x' at start of value; correct it to see what else there is
`},
	{"not TOML after a key that is there twice", `[log]
level = "info"
level = "info"
[server
`, `
3:1: "level" is there already, on line 2: keep one of the two
4:8: this is not TOML: expected ']' to close table name; correct it to see what else there is
`},
	{"impossible number", `[server]
max_header_bytes = 99999999999999999999
`, `
2:20: this is not TOML: decimal number is too large to fit in a 64-bit signed integer; correct it to see what else there is
`},
	{"not UTF-8", "[server]\nlisten = \"\xff\"\n", `
2:11: this is not TOML: invalid UTF-8 character in basic string; correct it to see what else there is
`},
	{"long and with control characters", `[[views]]
pattern = "/a"
kind = "object"
path = "{\u001b[31m\n}"
basename = 1
mimetype = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
`, `
4:8: path {�[31m�}: the pattern has no variable {�[31m�}; correct it, or the pattern "/a"
5:12: basename takes a string in quotes; found the integer 1
6:12: mimetype "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…": write type/subtype, such as "application/pdf"; a charset has its own key
`},
}

func TestFaults(t *testing.T) {
	for _, row := range badFiles {
		t.Run(row.name, func(t *testing.T) {
			c, err := config.Parse("downlink.toml", []byte(row.text))
			if err == nil {
				t.Fatal("no fault")
			}
			got := strings.ReplaceAll("\n"+err.Error(), "\ndownlink.toml:", "\n") + "\n"
			if got != row.want {
				t.Errorf("got%s\nwant%s", got, row.want)
			}
			if c != nil {
				t.Error("a configuration beside faults")
			}
		})
	}
}
