// The worker: fetches its program, says how far that is, and passes the page's messages to it.
import init, { Session } from "./worker_program.js";

const post = (json, attachment = null) =>
  self.postMessage([json, attachment], attachment === null ? [] : [attachment]);
const say = (news) => post(JSON.stringify(news));

// Messages that come before the program would be lost without a handler.
const early = [];
self.onmessage = ({ data }) => early.push(data);

// Whatever ends the program, the page hears of it once.
let dead = false;
const die = (message) => {
  if (!dead) say({ panicked: { message: String(message) } });
  dead = true;
};
self.onerror = (event) => die(event.message ?? event);
self.onunhandledrejection = ({ reason }) => die(reason?.message ?? reason);

// Bytes of the program, which the build fills in: a server that packs what it sends names the packed
// length, or none.
const SIZE = 0;

/** The program's bytes as they come, counted. */
async function counted(response) {
  const packed = response.headers.get("Content-Encoding") !== null;
  const total = SIZE || (packed ? 0 : Number(response.headers.get("Content-Length") ?? 0));
  let done = 0;
  const count = new TransformStream({
    transform(chunk, out) {
      done += chunk.byteLength;
      say({ loading: { done, total } });
      out.enqueue(chunk);
    },
  });
  const headers = { "Content-Type": "application/wasm" };
  return new Response(response.body.pipeThrough(count), { headers });
}

const response = await fetch(new URL("./worker_program_bg.wasm", import.meta.url));
if (!response.ok) throw new Error(`the program cannot be fetched: ${response.status} ${response.statusText}`);
await init({ module_or_path: await counted(response) });

const session = new Session(post);
const hear = (data) => {
  // The tests ask for what goes wrong: a defect, and a GPU that never answers.
  if (data === "crash") session.crash();
  else if (data === "lose patience") session.lose_patience();
  else session.hear(data[0], data[1]);
};
early.forEach(hear);
self.onmessage = ({ data }) => hear(data);
await session.work();
