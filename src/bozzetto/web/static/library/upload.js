// A file on its way into the library: how much of it is sent, what is done with it, what came of it.

import { Problem, call } from "../shell/api.js";

const events = (text) => text.split("\n\n").slice(0, -1).map((block) => {
  const field = (name) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
  return { name: field("event"), data: field("data") && JSON.parse(field("data")) };
}).filter((event) => event.data);

// `sent` hears a share 0-1, `told` the progress of the work, `begun` how to stop it. The report.
export function upload(file, kind, { sent, told, begun }) {
  const request = new XMLHttpRequest(); // fetch does not say how much is sent
  return new Promise((resolve, reject) => {
    let read = 0;
    const fail = (shape) => reject(new Problem(shape));
    const hear = () => {
      const text = request.responseText;
      const end = text.lastIndexOf("\n\n") + 2;
      if (end < 2 || end <= read) return;
      for (const { name, data } of events(text.slice(read, end))) {
        if (name === "progress") told(data);
        if (name === "result") resolve(data);
        if (name === "error") fail(data);
      }
      read = end;
    };
    begun(() => stop(request));
    const query = new URLSearchParams({ name: file.name, ...(kind ? { as: kind } : {}) });
    request.open("POST", `/api/v1/import?${query}`);
    request.setRequestHeader("Accept", "text/event-stream");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => sent(event.total ? event.loaded / event.total : 1));
    request.addEventListener("progress", () => { if (request.status === 200) hear(); });
    request.addEventListener("load", () => {
      if (request.status === 200) hear();
      fail(request.status === 200 ? { status: 0, code: "unreachable" } : shapeOf(request)); // if nothing came before
    });
    request.addEventListener("error", () => fail({ status: 0, code: "unreachable" }));
    request.addEventListener("abort", () => fail({ status: 499, code: "stopped", detail: null }));
    request.send(file);
  });
}

function shapeOf(request) {
  try {
    return { ...JSON.parse(request.responseText), status: request.status };
  } catch {
    return { status: request.status, code: "failure" };
  }
}

// What the server works on is told to stop; what is still sent is sent no more.
function stop(request) {
  const place = request.readyState >= 2 ? request.getResponseHeader("Location") : null;
  if (place) call("POST", place.replace(/events$/, "stop")).catch(() => request.abort());
  else request.abort();
}
