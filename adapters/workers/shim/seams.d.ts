// The seams between the modules of the Worker. worker.mjs is the entry: it answers
// downloads by core.wasm and R2, and hands everything else on.

/** What `wrangler` binds, under the names that site.mjs says. */
type Env = Record<string, unknown>

/** One download to be counted: core's Decision.Counts was true. Plain data, no binding, no request. */
interface Download {
  /** Of the catalogue's item; "" for a file of a store that is served without one. */
  slug: string
  /** Name of the store, and the key there. */
  store: string
  key: string
  /** Milliseconds since 1970 at which the request came. */
  at: number
  /** The User-Agent names a robot: these are counted apart. */
  robot: boolean
}

/**
 * pages.mjs. Asked for every request, before anything is planned. It answers undefined, at once, for
 * a path that is no page's; else, if it has to, it loads the second module (dynamic import) and answers with its
 * response. It never holds a request, stream, promise or binding in a global.
 */
export function pages(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> | undefined

/**
 * counts.mjs. Called once for each counted download, after its Response was made; what it returns is
 * given to ctx.waitUntil. It must not throw synchronously; a rejection is logged and
 * changes no response.
 */
export function count(env: Env, ctx: ExecutionContext, download: Download): Promise<void>

/**
 * items.mjs (the entry's own). Forgets what this isolate remembers of an item, or of
 * all items without a slug. Whoever edits an item calls it after the edit was stored.
 */
export function forget(slug?: string): void

/**
 * site.mjs, generated at build time by workers.Site.Module (package adapters/workers) from downlink.toml.
 * No secrets: those are bindings of env, read at the first request.
 */
declare const site: {
  /** Binding of the R2 bucket of each store, by the store's name. */
  stores: Record<string, string>
  /** Binding of the D1 database with the catalogue; "" without one. */
  catalog: string
  /** Binding of each secret, by the id under which core.wasm wants it. */
  secrets: Record<string, string>
  /** For how many seconds a download by a link with a use limit may be gone on with. */
  resume: number
  /** The routes for core.wasm's configure, base64. */
  routes: string
}
