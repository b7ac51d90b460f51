// The page: two buttons, a worker behind them, a row for each step it reports.
const by = (id) => document.getElementById(id);
const [train, step, rows, status, data] = ["train", "step", "rows", "status", "data"].map(by);
const digits = (value) => value.toFixed(4);

let running = false;
let steps = 0;

const show = {
  ready() {
    status.textContent = "Ready.";
    enable(true);
  },
  started({ demo, device }) {
    const { users, items, ratings } = demo.sample;
    const { config } = demo;
    const test = Math.ceil(ratings * demo.test_share);
    data.textContent =
      `${ratings} made-up ratings by ${users} users of ${items} items: ${ratings - test} to train ` +
      `on, ${test} to test on. Matrix factorisation with ${config.factors} factors, batches of ` +
      `${config.batch_size}, Adam at ${config.learning_rate}, seed ${config.seed}, on the ${device}.`;
  },
  progress({ done, total, mse }) {
    if (mse === null) return;
    steps += 1;
    const row = rows.insertRow();
    for (const text of [steps, `${done} of ${total}`, digits(mse)]) {
      row.insertCell().textContent = text;
    }
    status.textContent = `Step ${steps} is done.`;
  },
  epoch({ train_rmse, test_rmse }) {
    status.textContent = `RMSE: train ${digits(train_rmse)}, test ${digits(test_rmse)}.`;
  },
  done({ parameters }) {
    status.textContent += ` ${parameters} numbers were learned, and none left this tab.`;
    running = false;
    train.textContent = "Train three steps again";
    enable(true);
  },
  failed({ message }) {
    fail(message);
  },
};

function fail(message) {
  status.textContent = `Training stopped: ${message}`;
  running = false;
  enable(false);
}

function enable(yes) {
  train.disabled = step.disabled = !yes;
}

const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => {
  const news = JSON.parse(data);
  show[news.event](news);
};
worker.onerror = ({ message }) => fail(message || "the worker cannot be loaded; reload the page");

function begin() {
  running = true;
  steps = 0;
  rows.replaceChildren();
  worker.postMessage("train");
}

train.onclick = () => {
  train.disabled = step.disabled = true;
  worker.postMessage("resume");
  if (!running) begin();
};
step.onclick = () => {
  if (!running) {
    worker.postMessage("pause");
    begin();
  }
  worker.postMessage("step");
};
