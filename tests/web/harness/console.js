// The app console without clicks, for journeys that are about something else: the forms and the cookies are those of its pages.

/** @typedef {import("./window.js").Window} Window */

/**
 * Sends a form of the console; where it leads.
 * @param {Window} window whose person has signed in @param {string} path @param {Record<string, string>} fields
 */
async function send({ context: { request }, guard }, path, fields) {
  const page = await (await request.get("/apps")).text();
  const token = page.match(/name="form_token" value="([^"]+)"/)?.[1] ?? "";
  const form = { form_token: token, ...fields };
  const answer = await request.post(path, { form, headers: { origin: guard.origins[0] ?? "" }, maxRedirects: 0 });
  if (answer.status() >= 400) throw new Error(`${path} answers ${answer.status()}: ${await answer.text()}`);
  return { location: answer.headers()["location"] ?? "", body: answer.status() === 200 ? await answer.text() : "" };
}

/** Registers an app that reaches all files; its key. @param {Window} window @param {string} name */
export async function registerApp(window, name) {
  const { location } = await send(window, "/apps", { name, access: "full" });
  return location.match(/\/apps\/(\w+)/)?.[1] ?? "";
}

/** A token of one's own for it. @param {Window} window @param {string} key */
export async function makeToken(window, key) {
  const { body } = await send(window, `/apps/${key}/token`, {});
  return body.match(/Bearer ([\w-]+)/)?.[1] ?? "";
}

/** Its secret. @param {Window} window @param {string} key @param {string} password */
export async function secretOf(window, key, password) {
  const { body } = await send(window, `/apps/${key}/secret`, { password });
  return body.match(/data-copy="the secret"><code>(\w+)</)?.[1] ?? "";
}

/** Adds a webhook; the path of its page. @param {Window} window @param {string} key @param {string} uri */
export async function addWebhook(window, key, uri) {
  await send(window, `/apps/${key}/webhooks`, { uri });
  const page = await (await window.context.request.get(`/apps/${key}`)).text();
  return page.match(/href="(\/apps\/\w+\/webhooks\/\d+)"/)?.[1] ?? "";
}
