// An app's own server, on a free port of the loopback: it answers the challenge, and keeps what it is told.

import http from "node:http";
import { text } from "node:stream/consumers";

/** A notification as it came. @typedef {{body: string, signature: string}} Told */

export class Listener {
  /** What it was told, the first first. @type {Told[]} */
  told = [];
  /** What it answers notifications with. */
  status = 200;
  /** Whether it echoes the challenge. */
  isWilling = true;
  #server = http.createServer(async (request, answer) => {
    const { method, url = "/", headers } = request;
    if (method === "GET") {
      answer.statusCode = this.isWilling ? 200 : 404;
      answer.end(this.isWilling ? (new URL(url, this.url).searchParams.get("challenge") ?? "") : "");
      return;
    }
    const body = await text(request);
    this.told.push({ body, signature: String(headers["x-dropbox-signature"]) });
    answer.statusCode = this.status;
    answer.end();
  });

  get url() {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", () => resolve(undefined)));
    return this;
  }

  stop() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
