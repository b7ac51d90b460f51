// The worker: wasm that trains, and the page's messages to it.
import init, { Session } from "./web.js";

await init();
const session = new Session();
const post = (json) => self.postMessage(json);

const commands = {
  train: (engine) => session.train(post, engine),
  pause: () => session.pause(),
  step: () => session.step(),
  resume: () => session.resume(),
  ping: () => post(JSON.stringify({ event: "pong" })),
};
self.onmessage = ({ data }) => {
  const [command, argument] = data.split(" ");
  commands[command](argument);
};

// Messages sent before this line would be lost, so the page waits for it.
post(JSON.stringify({ event: "ready" }));
