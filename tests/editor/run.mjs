// An editor's YAML language server over the folder that `holdline init` makes: it completes keys, shows what they mean, and
// underlines a slip. Usage: node run.mjs PATH-TO-HOLDLINE

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PATIENCE_MS = 60_000;
const here = dirname(fileURLToPath(import.meta.url));
const holdline = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "holdline-editor-"));
const command = join(here, "node_modules/yaml-language-server/bin/yaml-language-server");
const server = spawn(process.execPath, [command, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });

let buffered = Buffer.alloc(0);
let number = 0;
// The server keeps what it read of an address by its version, also after it was closed.
let opened = 0;
const answers = new Map();
const diagnostics = new Map();
const waiting = [];

server.stdout.on("data", (bytes) => {
  buffered = Buffer.concat([buffered, bytes]);
  for (;;) {
    const end = buffered.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffered.subarray(0, end).toString())[1]);
    if (buffered.length < end + 4 + length) return;
    const message = JSON.parse(buffered.subarray(end + 4, end + 4 + length).toString());
    buffered = buffered.subarray(end + 4 + length);
    take(message);
  }
});

function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function take(message) {
  if (message.id !== undefined && message.method) {
    // What the server asks of an editor: its settings, one answer for each thing that it asks about.
    const asked = message.params?.items;
    send({ id: message.id, result: Array.isArray(asked) ? asked.map(() => ({})) : null });
  } else if (message.id !== undefined) {
    answers.get(message.id)?.(message);
  } else if (message.method === "textDocument/publishDiagnostics") {
    diagnostics.set(message.params.uri, message.params.diagnostics);
    for (const look of waiting) look();
  }
}

function within(promise, what) {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error(`no answer: ${what}`)), PATIENCE_MS).unref());
  return Promise.race([promise, late]);
}

function ask(method, params) {
  const id = ++number;
  const answered = new Promise((give, refuse) => {
    answers.set(id, (message) => (message.error ? refuse(new Error(message.error.message)) : give(message.result)));
  });
  send({ id, method, params });
  return within(answered, method);
}

/** Opens a text and waits until what the server finds in it fits. */
function found(uri, text, fits, what) {
  const seen = new Promise((give) => {
    const look = () => {
      const now = diagnostics.get(uri);
      if (now && fits(now)) give(now);
    };
    waiting.push(look);
    diagnostics.delete(uri);
    send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: ++opened, text } } });
  });
  return within(seen, what);
}

function close(uri) {
  send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
}

function insist(holds, what) {
  if (!holds) throw new Error(what);
  console.log(`ok  ${what}`);
}

/** What is underlined, for a failure. */
function said(diagnostics) {
  return diagnostics.map((one) => `; ${one.message}`).join("");
}

/** The place behind `mark` in a text. */
function behind(text, mark) {
  const lines = text.slice(0, text.indexOf(mark) + mark.length).split("\n");
  return { line: lines.length - 1, character: lines.at(-1).length };
}

async function labels(uri, position) {
  const answer = await ask("textDocument/completion", { textDocument: { uri }, position });
  return (answer.items ?? answer).map((item) => item.label);
}

async function play() {
  await ask("initialize", {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: { textDocument: { completion: {}, hover: {}, publishDiagnostics: {} }, workspace: { configuration: true } },
  });
  send({ method: "initialized", params: {} });
  for (const who of ["hospital", "organisation"]) {
    const made = join(folder, who);
    execFileSync(holdline, ["init", "--for", who, made]);
    const main = join(made, "holdline.yaml");
    const uri = pathToFileURL(main).href;
    const text = readFileSync(main, "utf8");
    const clean = await found(uri, text, () => true, "the folder's first look");
    insist(clean.length === 0, `${who}: nothing is underlined in holdline.yaml${said(clean)}`);
    const hover = await ask("textDocument/hover", { textDocument: { uri }, position: behind(text, "hotl") });
    insist(JSON.stringify(hover?.contents ?? "").includes("The number people can call"), `${who}: a key says what it is`);
    close(uri);
    const book = who === "hospital" ? "data-breach" : "service-outage";
    const file = join(made, `playbooks/${book}.yaml`);
    const bookUri = pathToFileURL(file).href;
    const bookText = readFileSync(file, "utf8");
    const cleanBook = await found(bookUri, bookText, () => true, "the playbook's first look");
    insist(cleanBook.length === 0, `${who}: nothing is underlined in the playbook${said(cleanBook)}`);
    close(bookUri);

    const slip = text.replace("hotline:", "hotlime:");
    const underlined = await found(uri, slip, (all) => all.length > 0, "a slip");
    const at = behind(slip, "\n  hotlime").line;
    const there = underlined.some((d) => d.range.start.line === at && d.message.includes("hotlime"));
    insist(there, `${who}: a misspelt key is underlined where it stands`);
    close(uri);

    const open = text.replace("\nmail:\n", "\nmail:\n  \n");
    await found(uri, open, () => true, "an unfinished file");
    const offered = await labels(uri, behind(open, "\nmail:\n  "));
    insist(!offered.includes("from"), `${who}: a key that is there is not offered again`);
    const kinds = text.replace("\nchannels:\n", "\nchannels:\n  new:\n    \n");
    close(uri);
    await found(uri, kinds, () => true, "an unfinished channel");
    const offeredKinds = await labels(uri, behind(kinds, "\nchannels:\n  new:\n    "));
    for (const kind of ["newsroom", "by_hand", "language"]) {
      insist(offeredKinds.includes(kind), `${who}: ${kind} is offered for a channel`);
    }
    close(uri);
  }
}

try {
  await play();
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}
