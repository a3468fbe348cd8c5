// What the pages do beside working without it: uploads that show how far they are,
// go on after a cut, and take files that are dropped. They go to the server (tus 1.0.0,
// tus.io), or in parts to its store, by URLs that the server signs.
"use strict";

document.documentElement.classList.add("script");

const tus = { "Tus-Resumable": "1.0.0" };
const piece = 32 << 20; // bytes sent at a time: some servers in front take no more
const atOnce = 4; // parts on their way to a store
const patience = [0, 1, 2, 4, 8, 15, 30, 30]; // seconds before each new try

const wait = (seconds, signal) => new Promise(done => {
  setTimeout(done, seconds * 1000);
  signal.addEventListener("abort", done);
});
const base64 = text => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

class Refused extends Error {}

// send makes a request, and tells how much of its body is out.
function send(method, url, headers, body, onProgress, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Refused("Cancelled."));
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = event => onProgress?.(event.loaded);
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = () => reject(new Error("The connection was cut."));
    request.onabort = () => reject(new Refused("Cancelled."));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

// words is what a refusal says.
function words(request) {
  if (request.status === 403) return "You are not logged in any more. Log in, then choose the file again: the upload goes on.";
  if (request.status === 413) return "This file is larger than the server takes.";
  const text = request.responseText.replace(/^ERR_\w+: /, "").trim();
  return text && !text.startsWith("<") ? text : `The server answered ${request.status}.`;
}

// check throws for an answer that is none of those wanted: for good, or to be tried
// again.
function check(request, ...wanted) {
  if (wanted.includes(request.status)) return request;
  const again = request.status >= 500 && request.status !== 507 || [408, 409, 423, 429].includes(request.status);
  throw new (again ? Error : Refused)(words(request));
}

class Upload {
  constructor(form, file, row) {
    Object.assign(this, { form, file, row, stop: new AbortController(), offset: 0, base: form.dataset.direct ?? form.dataset.uploads });
    this.memory = ["downlink", this.base, form.elements.item?.value, form.elements.field?.value, file.name, file.size, file.lastModified].join("|");
    this.url = localStorage.getItem(this.memory);
  }

  get cancelled() {
    return this.stop.signal.aborted;
  }

  // place is where the file goes.
  place() {
    const said = new FormData(this.form);
    return ["item", "field", "version", "keep_name"].map(name => [name, said.get(name)]).filter(([, value]) => value);
  }

  metadata() {
    return [["filename", this.file.name], ...this.place()].map(([name, value]) => `${name} ${base64(value)}`).join(",");
  }

  async create() {
    const headers = { ...tus, "Upload-Length": this.file.size, "Upload-Metadata": this.metadata() };
    const made = check(await send("POST", this.base, headers), 201);
    // The page may be at another host or scheme than the server believes.
    this.url = new URL(made.getResponseHeader("Location"), location).pathname;
    localStorage.setItem(this.memory, this.url);
    this.offset = 0;
    return made.getResponseHeader("Downlink-Item");
  }

  // step does one request, and returns the item's page when all is done.
  async step() {
    if (!this.url) return this.create();
    if (this.unsure) {
      const head = await send("HEAD", this.url, tus, null, null, this.stop.signal);
      if (head.status === 404) return this.finish();
      this.offset = Number(check(head, 200).getResponseHeader("Upload-Offset"));
      this.unsure = false;
    }
    if (this.offset === this.file.size) return this.finish();
    const headers = { ...tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": this.offset };
    const from = this.offset, body = this.file.slice(from, from + piece);
    const answer = check(await send("PATCH", this.url, headers, body, sent => this.show(from + sent), this.stop.signal), 204);
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.failures = 0;
    return answer.getResponseHeader("Downlink-Item");
  }

  // finish asks for what became of an upload whose last answer was lost. One that the
  // server does not know begins again.
  async finish() {
    const answer = await send("POST", this.url, tus);
    if (answer.status === 404) {
      this.url = null;
      this.unsure = false;
      return null;
    }
    return check(answer, 204).getResponseHeader("Downlink-Item");
  }

  // run uploads the file, unless it is cancelled: then it ends as soon as it is known
  // what there is to be removed.
  async run() {
    this.unsure = Boolean(this.url);
    this.failures = 0;
    while (!this.cancelled) {
      try {
        const item = await this.step();
        if (item) {
          this.forget();
          return this.done(item);
        }
        this.show(this.offset);
      } catch (failure) {
        if (this.cancelled) return;
        if (failure instanceof Refused || this.failures >= patience.length) return this.fail(failure);
        this.unsure = true;
        this.say(`${failure.message} Trying again …`);
        await wait(patience[this.failures++], this.stop.signal);
      }
    }
  }

  forget() {
    localStorage.removeItem(this.memory);
  }

  // cancel removes what there is of the upload, unless it was done before it could end.
  async cancel() {
    this.stop.abort();
    this.row.querySelector("button").disabled = true;
    this.say("Cancelling …");
    await this.running;
    if (this.row.dataset.state === "done") return;
    this.forget();
    if (this.url) await send("DELETE", this.url, tus).catch(() => {});
    this.row.remove();
  }

  show(sent) {
    this.row.querySelector("progress").value = this.file.size ? sent / this.file.size : 1;
    const percent = this.file.size ? Math.floor(100 * sent / this.file.size) : 100;
    this.say(sent >= this.file.size ? "Stored soon …" : `${percent} %`);
  }

  say(text) {
    const state = this.row.querySelector(".state");
    if (state.textContent !== text) state.textContent = text;
  }

  done(item) {
    const link = document.createElement("a");
    link.href = item;
    link.textContent = this.file.name;
    this.row.querySelector(".name").replaceChildren(link);
    this.row.querySelector("button").remove();
    this.row.querySelector("progress").value = 1;
    this.row.dataset.state = "done";
    this.say("Uploaded");
    this.announce(`${this.file.name} is uploaded.`);
  }

  fail(failure) {
    this.row.dataset.state = "failed";
    const button = this.row.querySelector("button");
    button.textContent = "Remove";
    button.ariaLabel = `Remove ${this.file.name} from this list`;
    this.say(failure instanceof Refused ? failure.message : `${failure.message} Choose the file again: the upload goes on.`);
    this.announce(`${this.file.name}: ${failure.message}`);
  }

  announce(text) {
    this.form.querySelector(".said").textContent = text;
  }
}

// Direct is an upload whose parts go to the store without the server.
class Direct extends Upload {
  // ask asks the server by a form, and returns what it says.
  async ask(method, url, fields, wanted, signal) {
    const headers = fields ? { "Content-Type": "application/x-www-form-urlencoded" } : {};
    const answer = check(await send(method, url, headers, fields && String(new URLSearchParams(fields)), null, signal), ...wanted);
    return answer.status === 404 ? null : JSON.parse(answer.responseText);
  }

  async create() {
    this.etags = {};
    this.know(await this.ask("POST", this.base, [["name", this.file.name], ["size", this.file.size], ...this.place()], [201]));
    this.remember();
    return null;
  }

  // remember keeps which parts have arrived, for who chooses the file again.
  remember() {
    localStorage.setItem(this.memory, this.url);
    localStorage.setItem(`${this.memory}|parts`, JSON.stringify(this.etags));
  }

  forget() {
    super.forget();
    localStorage.removeItem(`${this.memory}|parts`);
  }

  // know takes in what the server says of the upload. A part is there if the store has
  // what it once answered us to have: of a cut connection some keep half a part.
  know({ url, part, parts, there = {}, whole }) {
    Object.assign(this, { url, part, parts, unsure: false });
    this.etags ??= JSON.parse(localStorage.getItem(`${this.memory}|parts`)) ?? {};
    const numbers = Array.from({ length: parts }, (_, i) => i + 1), isThere = n => whole || there[n] && there[n] === this.etags[n];
    this.missing = numbers.filter(n => !isThere(n));
    this.offset = numbers.filter(isThere).reduce((sum, n) => sum + this.slice(n).size, 0);
  }

  async finish() {
    const etags = Array.from({ length: this.parts }, (_, i) => ["etag", this.etags[i + 1] ?? ""]);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const answer = check(await send("POST", this.url, headers, String(new URLSearchParams(etags))), 204, 404);
    if (answer.status === 404) this.url = null; // it was given up: it begins again
    return answer.getResponseHeader("Downlink-Item");
  }

  slice(number) {
    return this.file.slice((number - 1) * this.part, number * this.part);
  }

  async step() {
    if (!this.url) return this.create();
    if (this.unsure) {
      const state = await this.ask("GET", this.url, null, [200, 404], this.stop.signal);
      if (state?.item) return state.item;
      if (!state) return this.create();
      this.know(state);
    }
    if (!this.missing.length) return this.finish();
    const numbers = this.missing.slice(0, atOnce);
    const urls = await this.ask("POST", `${this.url}/parts`, numbers.map(number => ["part", number]), [200], this.stop.signal);
    await this.sendParts(numbers, urls);
    this.failures = 0;
    return null;
  }

  // sendParts sends parts side by side. Those that arrived need not be sent again,
  // whatever becomes of the others.
  async sendParts(numbers, urls) {
    const out = new Map(), from = this.offset;
    const ends = await Promise.allSettled(numbers.map(async number => {
      const body = this.slice(number);
      const answer = await send("PUT", urls[number], {}, body, sent => {
        out.set(number, sent);
        this.show(from + [...out.values()].reduce((sum, n) => sum + n, 0));
      }, this.stop.signal);
      if (answer.status !== 200) throw new Error(`The store answered ${answer.status}.`);
      const etag = answer.getResponseHeader("ETag");
      if (!etag) throw new Refused("The store does not show its ETag to this page: the bucket's rules (CORS) have to expose it.");
      this.etags[number] = etag.replaceAll('"', "");
      this.remember();
      this.missing = this.missing.filter(other => other !== number);
      this.offset += body.size;
    }));
    const failed = ends.find(end => end.status === "rejected");
    if (failed) throw failed.reason;
  }
}

function row(file) {
  const item = document.createElement("li"), name = document.createElement("span"), state = document.createElement("span");
  const bar = document.createElement("progress"), cancel = document.createElement("button");
  name.className = "name";
  name.textContent = file.name;
  state.className = "state";
  bar.max = 1;
  bar.value = 0;
  bar.ariaLabel = `Upload of ${file.name}`;
  cancel.type = "button";
  cancel.className = "quiet";
  cancel.textContent = "Cancel";
  cancel.ariaLabel = `Cancel the upload of ${file.name}`;
  item.append(name, bar, state, cancel);
  return item;
}

function prepare(form) {
  const drop = form.querySelector(".drop"), input = form.querySelector("input[type=file]"), list = form.querySelector(".progress");
  const several = "several" in form.dataset;
  let waiting = Promise.resolve();
  const take = files => {
    for (const file of several ? files : [...files].slice(0, 1)) {
      const shown = row(file), upload = new (form.dataset.direct ? Direct : Upload)(form, file, shown);
      shown.querySelector("button").onclick = () => upload.cancel();
      list.append(shown);
      waiting = waiting.then(() => upload.running = upload.run()); // one after the other
    }
    waiting = waiting.then(() => {
      const failed = list.querySelector("[data-state=failed]");
      if (!several && !failed && list.querySelector("[data-state=done]")) showAnew();
    });
  };
  form.onsubmit = event => {
    event.preventDefault();
    take([...input.files]);
    input.value = "";
  };
  drop.ondragover = event => {
    event.preventDefault();
    drop.classList.add("over");
  };
  drop.ondragleave = () => drop.classList.remove("over");
  drop.ondrop = event => {
    event.preventDefault();
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  };
}

// An item's page after an upload is another one; what was written into its form and not
// saved is carried over.
const itemForm = document.querySelector("form.main"), editsKey = `downlink|edits|${itemForm?.action}`;
const isChoice = element => ["checkbox", "radio"].includes(element.type);
const isEdited = element => isChoice(element) ? element.checked !== element.defaultChecked : element.value !== element.defaultValue;

// showAnew loads the page of the item, unless another upload of it goes on, which then
// does, or its form was refused: all that it has is not saved.
function showAnew() {
  if (document.querySelector(".progress li:not([data-state]), .problem")) return;
  const edits = [...itemForm.elements].filter(element => element.name && isEdited(element));
  sessionStorage.setItem(editsKey, JSON.stringify(edits.map(({ name, value, checked }) => [name, value, checked])));
  location.assign(itemForm.action); // what a form led to has no page of its own
}

// editAgain writes into the form what was not saved, and says so.
function editAgain() {
  const edits = JSON.parse(sessionStorage.getItem(editsKey)) ?? [];
  sessionStorage.removeItem(editsKey);
  for (const [name, value, checked] of edits) {
    const element = [...itemForm.elements].find(e => e.name === name && (!isChoice(e) || e.value === value));
    if (!element) continue;
    if (isChoice(element)) element.checked = checked;
    else element.value = value;
    element.closest("details")?.setAttribute("open", "");
  }
  if (!edits.length) return;
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.role = "status";
  notice.textContent = "The file is uploaded. What you wrote here before is not saved yet.";
  itemForm.prepend(notice);
}

document.querySelectorAll("form.upload").forEach(prepare);
if (itemForm) editAgain();
