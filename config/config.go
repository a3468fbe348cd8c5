// Package config reads downlink.toml into a checked Config and reports every
// fault of the file at once, each with its line and column.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/downlink-go/downlink/core"
)

// The kinds of views.
const (
	KindStorage = "storage" // the objects of a store
	KindPath    = "path"    // the local files below a directory
	KindObject  = "object"  // the items of the catalogue
	KindHTTP    = "http"    // files of another server
	KindOverlay = "overlay" // an image with a text, made on request
	KindZip     = "zip"     // files of a store or of items, as one zip file
)

// OffloadOff as a view's Offload means that its files are always sent directly.
const OffloadOff = "off"

// itemPattern is where the catalogue's items are unless a view says otherwise.
const itemPattern = "/d/{slug}"

// Config is what downlink.toml says, checked, with the defaults filled in and
// every path absolute. It does not change once it was made.
type Config struct {
	File    string  `toml:"-"` // absolute path of the file; "" without one
	Server  Server  `toml:"server"`
	Log     Log     `toml:"log"`
	Stores  []Store `toml:"stores"` // in the order of the file
	Views   []View  `toml:"views"`  // in the order of the file; the view of the catalogue's items is the last if it was not written
	Offload []Rule  `toml:"offload"`
	Catalog Catalog `toml:"catalog"`
	HTTP    HTTP    `toml:"http"`
	Links   Links   `toml:"links"`
	// ForwardAuth is the application that views with AllowForwardAuth ask.
	ForwardAuth ForwardAuth `toml:"forward_auth"`
	Page        Page        `toml:"page"`
	Tracking    Tracking    `toml:"tracking"`
	Webhooks    []Webhook   `toml:"webhooks"`
	Metrics     Metrics     `toml:"metrics"`

	Overlays  []Overlay `toml:"overlays"` // in the order of the file
	Generated Generated `toml:"generated"`
	Admin     Admin     `toml:"admin"`

	source source
}

// Server is how Downlink listens for requests.
type Server struct {
	Listen            string        `toml:"listen" default:"127.0.0.1:8080"`
	Data              string        `toml:"data"` // "" for the platform's default
	ReadHeaderTimeout time.Duration `toml:"read_header_timeout" default:"10s"`
	IdleTimeout       time.Duration `toml:"idle_timeout" default:"60s"`
	WriteTimeout      time.Duration `toml:"write_timeout" default:"2m"` // for each MiB
	ShutdownTimeout   time.Duration `toml:"shutdown_timeout" default:"30s"`
	MaxHeaderBytes    int           `toml:"max_header_bytes" default:"65536"`
	RequestIDHeader   string        `toml:"request_id_header"`                               // "" makes an own id for each request
	Front             string        `toml:"front" enum:"nginx apache lighttpd caddy header"` // of requests that name none; "" is none
	// ClientAddressHeader is where the front server says who the client is; "" is
	// whoever connects.
	ClientAddressHeader string `toml:"client_address_header"`
}

// Address is what net.Listen wants: "tcp" and host:port, or "unix" and a path.
func (s Server) Address() (network, address string) {
	if path, ok := strings.CutPrefix(s.Listen, unixPrefix); ok {
		return "unix", path
	}
	return "tcp", s.Listen
}

// Log is what is logged and how.
type Log struct {
	Level  string `toml:"level" default:"info" enum:"debug info warn error"`
	Format string `toml:"format" default:"text" enum:"text json"`
	Access bool   `toml:"access" default:"true"`
}

// Store is a place where files are kept.
type Store struct {
	Name    string `toml:"-"`
	Driver  string `toml:"driver" default:"dir" enum:"dir s3 r2"`
	Path    string `toml:"path"`     // of DriverDir
	Binding string `toml:"binding"`  // of DriverR2
	BaseURL string `toml:"base_url"` // decoded, ends with a slash; "" if the files have no URLs

	// Of DriverS3.
	Bucket          string        `toml:"bucket"`
	Region          string        `toml:"region" default:"us-east-1"`
	Endpoint        string        `toml:"endpoint"`   // "" for AWS
	PathStyle       bool          `toml:"path_style"` // bucket in the path, not before the host
	Prefix          string        `toml:"prefix"`     // of all keys; ends with a slash; "" for the whole bucket
	CredentialsFile string        `toml:"credentials_file"`
	Timeout         time.Duration `toml:"timeout" default:"5s"`
	ReadTimeout     time.Duration `toml:"read_timeout" default:"30s"`

	// Where else clients may get the files, and when they are sent there.
	Delivery          string        `toml:"delivery" default:"stream" enum:"stream redirect auto"`
	RedirectMinBytes  int           `toml:"redirect_min_bytes" default:"8388608"`
	RedirectExpires   time.Duration `toml:"redirect_expires" default:"5m"`
	CloudFrontURL     string        `toml:"cloudfront_url"` // ends with a slash
	CloudFrontKeyID   string        `toml:"cloudfront_key_id"`
	CloudFrontKeyFile string        `toml:"cloudfront_key_file"`
	CloudFrontKeyEnv  string        `toml:"cloudfront_key_env"`  // variable with the key in place of a file
	UnsignedPublicURL string        `toml:"unsigned_public_url"` // ends with a slash

	Workers *Store `toml:"workers"` // takes this one's place on Workers; nil: nothing does
	Lambda  *Store `toml:"lambda"`  // likewise on Lambda
}

// HasElsewhere reports whether clients can be sent elsewhere for the store's files.
func (s Store) HasElsewhere() bool {
	return s.Driver == DriverS3 || s.CloudFrontURL != "" || s.UnsignedPublicURL != ""
}

// View is a URL pattern and what is served there.
type View struct {
	Pattern string `toml:"pattern" required:"/files/{path...}"`
	Kind    string `toml:"kind" required:"storage" enum:"storage path object http overlay zip"`
	Store   string `toml:"store"` // of KindStorage and KindZip
	Root    string `toml:"root"`  // of KindPath
	Path    string `toml:"path"`  // as core.Route.Path
	Field   string `toml:"field"` // of KindObject, as core.Route.Field
	URL     string `toml:"url"`   // of KindHTTP, as core.Route.Path
	// Origins are the servers that a view of KindHTTP may ask, redirects included.
	Origins []string `toml:"origins"`
	Overlay string   `toml:"overlay"` // of KindOverlay: name of an Overlay
	// Items are the slugs of what a view of KindZip packs in place of files of a store.
	Items        []string `toml:"items"`
	Attachment   bool     `toml:"attachment" default:"true"`
	InlineUnsafe bool     `toml:"inline_unsafe"`
	Basename     string   `toml:"basename"`
	MediaType    string   `toml:"mimetype"`
	Encoding     string   `toml:"encoding"`
	Charset      string   `toml:"charset"`
	CacheControl string   `toml:"cache_control"`
	List         bool     `toml:"list"`                                 // of KindStorage
	Delivery     string   `toml:"delivery" enum:"stream redirect auto"` // "" is the store's; not of KindPath
	Offload      string   `toml:"offload"`                              // name of a Rule, OffloadOff, or "" for the first that fits
	// Precompressed are codings in which files are there too; not of KindHTTP.
	Precompressed []string `toml:"precompressed" enum:"br zstd gzip"`
	Link          string   `toml:"link" enum:"required"`      // LinkRequired or ""
	Allow         string   `toml:"allow" enum:"forward-auth"` // AllowForwardAuth or ""
	// Platforms are those that the view is for, as Platform names them; nil: all.
	Platforms []string `toml:"platforms" enum:"server workers lambda"`
}

// Rule tells a front server to send files itself. Exactly one of Source,
// SourceDir and SourceURL is set. Its fields are those of download.Rule, so that
// one converts to the other.
type Rule struct {
	Name        string         `toml:"name"`
	Front       string         `toml:"front" required:"nginx" enum:"nginx apache lighttpd caddy header"`
	Source      string         `toml:"source"`             // name of a Store
	SourceDir   string         `toml:"source_dir"`         // absolute
	SourceURL   string         `toml:"source_url"`         // URL prefix
	Destination string         `toml:"destination"`        // ends with a slash; "" for the source's own directory, of Apache and lighttpd
	Remote      string         `toml:"remote"`             // URL prefix, ends with a slash; of nginx
	Field       string         `toml:"field"`              // of the front "header"
	Raw         bool           `toml:"raw"`                // of the front "header"
	Expires     *time.Duration `toml:"expires" off:"true"` // whole seconds; 0: off; nil: not said
	Buffering   *bool          `toml:"buffering"`          // nil: not said
	LimitRate   int64          `toml:"limit_rate"`         // bytes per second; 0: not said; Unlimited: no limit
	Charset     string         `toml:"charset"`
}

// Unlimited as a rule's LimitRate takes a limit of the front server away.
const Unlimited = -1

// Catalog is where the catalogue is kept.
type Catalog struct {
	Driver  string `toml:"driver" default:"sqlite" enum:"sqlite postgres d1 dynamodb"`
	Path    string `toml:"path"`    // of DriverSQLite; "" for catalog.db in the data folder
	Binding string `toml:"binding"` // of DriverD1
	// Of DriverPostgres, as sqlcat.PostgresOptions.
	URL            string        `toml:"url"`
	MaxConnections int           `toml:"max_connections" default:"10"`
	LockWait       time.Duration `toml:"lock_wait" default:"3s"`
	StatementWait  time.Duration `toml:"statement_wait" default:"10s"`
	// Of DriverDynamoDB, as dynamocat.Options.
	Table           string        `toml:"table"`
	Region          string        `toml:"region" default:"us-east-1"`
	Endpoint        string        `toml:"endpoint"`
	CredentialsFile string        `toml:"credentials_file"` // "" for AWS's standard chain
	Timeout         time.Duration `toml:"timeout" default:"5s"`

	Workers *Catalog `toml:"workers"` // takes this one's place on Workers; nil: nothing does
	Lambda  *Catalog `toml:"lambda"`  // the same on Lambda
}

// Page is how the public page looks on a server.
type Page struct {
	Theme string `toml:"theme"` // folder of templates; "" is the built-in page
}

// HTTP is the limits within which views of KindHTTP ask other servers.
type HTTP struct {
	ConnectTimeout time.Duration `toml:"connect_timeout" default:"5s"`
	HeadTimeout    time.Duration `toml:"head_timeout" default:"15s"`
	IdleTimeout    time.Duration `toml:"idle_timeout" default:"30s"`
	TotalTimeout   time.Duration `toml:"total_timeout" default:"1h" off:"true"` // 0: none
	MaxSize        Bytes         `toml:"max_size" default:"10g"`                // Unlimited: none
	MaxHeaderBytes int           `toml:"max_header_bytes" default:"65536"`
	// Networks may be asked though their addresses are not public.
	Networks []string `toml:"networks"`
}

// Bytes is a size in bytes; Unlimited is none.
type Bytes int64

// Load reads and checks the file at path, and checks the directories that it
// names. The error is Faults unless the file cannot be read.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	c, r, err := parse(path, data)
	if err != nil {
		return nil, err
	}
	if c == nil || !c.isFor(OnServer) {
		return faultless(c, r)
	}
	r.checkPaths(c)
	return faultless(c, r)
}

// Read is Load without looking at the directories that the file names.
func Read(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse checks data, the text of the file called filename, without looking at
// the disk. Paths in it are relative to the folder of filename. The error is
// Faults.
func Parse(filename string, data []byte) (*Config, error) {
	c, r, err := parse(filename, data)
	if err != nil {
		return nil, err
	}
	return faultless(c, r)
}

// faultless withholds a configuration that has faults.
func faultless(c *Config, r *report) (*Config, error) {
	if err := r.err(); err != nil {
		return nil, err
	}
	return c, nil
}

// parse returns as much of the configuration as there is, nil if data is not
// TOML.
func parse(filename string, data []byte) (*Config, *report, error) {
	file, err := filepath.Abs(filename)
	if err != nil {
		return nil, nil, fmt.Errorf("find the folder of %q: %w", filename, err)
	}
	r := &report{source: source{file: filename, at: map[string]position{}}}
	root := parseTree(r, data)
	if root == nil {
		return nil, r, nil
	}
	c := &Config{File: file}
	r.decode(root, c)
	c.source = r.source
	c.complete(filepath.Dir(file))
	r.check(c)
	for i := range c.Stores {
		c.Stores[i].endURL()
		for _, p := range platforms {
			if own := c.Stores[i].own(p); own != nil {
				own.endURL()
			}
		}
	}
	endWithSlash(&c.Admin.URL)
	for i := range c.Offload {
		endWithSlash(&c.Offload[i].Remote)
		endWithSlash(&c.Offload[i].Destination)
	}
	return c, r, nil
}

// endURL adds the slash at the end of each prefix of URLs and keys.
func (s *Store) endURL() {
	for _, prefix := range [...]*string{&s.BaseURL, &s.Prefix, &s.CloudFrontURL, &s.UnsignedPublicURL} {
		if *prefix != "" && !strings.HasSuffix(*prefix, "/") {
			*prefix += "/"
		}
	}
}

// FolderStore is the store of the folder that is served without a configuration file.
const FolderStore = "files"

// ForDir is the configuration without a file: the files below dir are the store
// FolderStore and are served and listed at /files/.
func ForDir(dir string) *Config {
	c := &Config{}
	setDefaults(reflect.ValueOf(c).Elem())
	s := Store{Name: FolderStore}
	setDefaults(reflect.ValueOf(&s).Elem())
	s.Path = dir
	v := newView()
	v.Pattern, v.Kind, v.Store, v.List = "/files/{path...}", KindStorage, s.Name, true
	c.Stores, c.Views = []Store{s}, []View{v}
	if working, err := os.Getwd(); err == nil {
		c.complete(working)
	}
	return c
}

func newView() View {
	var v View
	setDefaults(reflect.ValueOf(&v).Elem())
	return v
}

// complete adds the view of the catalogue's items if there is none, and makes
// paths absolute, relative ones from folder.
func (c *Config) complete(folder string) {
	if !c.hasItems() {
		v := newView()
		v.Pattern, v.Kind = itemPattern, KindObject
		c.Views = append(c.Views, v)
	}
	defer c.addGenerated() // when the paths are absolute
	absolute := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		} else if *path != "" {
			*path = filepath.Clean(*path)
		}
	}
	absolute(&c.Server.Data)
	absolute(&c.Page.Theme)
	absolute(&c.Catalog.Path)
	absolute(&c.Catalog.CredentialsFile)
	absolute(&c.Links.Revoked)
	for i := range c.Links.Keys {
		absolute(&c.Links.Keys[i].SecretFile)
	}
	for i := range c.Webhooks {
		absolute(&c.Webhooks[i].SecretFile)
	}
	if c.Tracking.Events != Standard {
		absolute(&c.Tracking.Events)
	}
	absolute(&c.Generated.Path)
	for i := range c.Overlays {
		absolute(&c.Overlays[i].Font)
	}
	for i := range c.Stores {
		absolute(&c.Stores[i].Path)
		absolute(&c.Stores[i].CredentialsFile)
		absolute(&c.Stores[i].CloudFrontKeyFile)
	}
	for i := range c.Views {
		absolute(&c.Views[i].Root)
	}
	for i := range c.Offload {
		if dir := &c.Offload[i].SourceDir; filepath.IsAbs(*dir) {
			*dir = filepath.Clean(*dir)
		}
	}
}

func (c *Config) hasItems() bool {
	for _, v := range c.Views {
		if v.Kind == KindObject && v.Field == "" {
			return true
		}
	}
	return false
}

// Store is the store called name, and whether there is one.
func (c *Config) Store(name string) (Store, bool) {
	for _, s := range c.Stores {
		if s.Name == name {
			return s, true
		}
	}
	return Store{}, false
}

// Rule is the offload rule called name, and whether there is one.
func (c *Config) Rule(name string) (Rule, bool) {
	for _, r := range c.Offload {
		if r.Name == name && name != "" {
			return r, true
		}
	}
	return Rule{}, false
}

// Routes are the views as core.NewSite takes them, in the order of Views.
func (c *Config) Routes() []core.Route {
	routes := make([]core.Route, len(c.Views))
	for i, v := range c.Views {
		routes[i] = v.route()
	}
	return routes
}

func (v View) route() core.Route {
	r := core.Route{Pattern: v.Pattern, LinkRequired: v.Link == LinkRequired, Path: v.Path, Options: v.Options()}
	switch v.Kind {
	case KindPath:
		r.Lookup, r.Source = core.File, v.Root
	case KindObject:
		r.Lookup, r.Field = core.Item, v.Field
	case KindHTTP:
		r.Lookup, r.Path = core.Remote, v.URL
	case KindOverlay:
		r.Lookup = core.Custom
	case KindZip:
		r.Lookup, r.Source = core.Object, v.Store
		if len(v.Items) > 0 || v.Whole() {
			r.Lookup = core.Custom
		}
	default:
		r.Lookup, r.Source = core.Object, v.Store
	}
	return r
}

// Options are the view's settings of how a file is presented.
func (v View) Options() core.Options {
	return core.Options{
		Inline: !v.Attachment, InlineUnsafe: v.InlineUnsafe, Basename: v.Basename, MediaType: v.MediaType,
		Encoding: v.Encoding, Charset: v.Charset, CacheControl: v.CacheControl,
	}
}
