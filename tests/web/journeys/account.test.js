// One's own account: where one is signed in, the password, and what may reach one's files.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";

const NEW_PASSWORD = "staple battery horse";
/** A page that is asked for by somebody who was signed out. */
const REFUSED = /POST \S+\/login: 4\d\d|Failed to load resource.*\/login/;

journey("changes the password, and signs out another browser", async ({ server, window, signedIn }) => {
  const account = await server.account("Ada King", { quota: "2GB" });
  const [here, there] = [await signedIn(account), await window("another browser", { width: 768, height: 1024 })];
  await there.enter(account);
  await here.open("/account");
  const sessions = here.page.getByRole("region", { name: "Where you are signed in" });
  assert.equal(await sessions.getByRole("listitem").count(), 2);
  await sessions.getByText("this browser").waitFor();
  await here.look("account");
  await sessions.getByRole("button", { name: /^Sign out / }).first().click();
  await here.page.getByRole("status").waitFor();
  assert.equal(await sessions.getByRole("listitem").count(), 1);
  await there.open("/account");
  await there.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await there.look("signed out from elsewhere");

  here.guard.expect(/POST \S+\/account\/password: 4\d\d|Failed to load resource.*\/account/);
  const change = async (/** @type {string} */ current) => {
    const password = here.page.getByRole("region", { name: "Password", exact: true });
    if (!(await password.getByLabel("Current password").isVisible())) await password.getByText("Change your password").click();
    await password.getByLabel("Current password").fill(current);
    await password.getByLabel("New password").fill(NEW_PASSWORD);
    await password.getByRole("button", { name: "Change password" }).click();
  };
  await change("not my password");
  await here.page.getByRole("alert").waitFor();
  await here.look("a wrong password");
  await change(account.password);
  await here.page.getByRole("status").waitFor();
  await here.look("changed");
  assert.equal(new URL(here.page.url()).pathname, "/account", "whoever changes it stays signed in");

  there.guard.expect(REFUSED);
  await there.page.getByLabel("E-mail").fill(account.email);
  await there.page.getByLabel("Password").fill(account.password);
  await there.page.getByRole("button", { name: "Sign in" }).click();
  await there.page.getByRole("alert").waitFor();
  await there.look("the old password");
  await there.signIn({ ...account, password: NEW_PASSWORD });
  assert.equal(new URL(there.page.url()).pathname, "/account");
  await there.look("account");
});

journey("sees which devices are linked, and revokes one", async ({ server, signedIn }) => {
  const account = await server.account("Ada King");
  const device = await server.device(account);
  await device.put("/Tides.md", "# Tides\n");
  const ada = await signedIn(account, { width: 360, height: 740, scheme: "dark", still: true });
  await ada.open("/account");
  await ada.look("linked");
  await ada.page.getByRole("link", { name: "Revoke Another device" }).click();
  await ada.look("revoke?");
  await ada.page.getByRole("button", { name: "Revoke" }).click();
  await ada.page.getByText("No app can reach your files.").waitFor();
  await ada.look("revoked");
  await assert.rejects(device.get("/Tides.md"), /401/);
});

journey("takes another name and, administering the server, another e-mail, and signs in with it", async ({ server, window, signedIn }) => {
  const account = await server.account("Ada King", { admin: true });
  await server.account("Grace Hopper");
  const ada = await signedIn(account, { width: 360, height: 740 });
  const { page } = ada;
  ada.guard.expect(/POST \S+\/account\/email: 4\d\d|Failed to load resource.*\/account/);
  await ada.open("/account");
  const about = page.getByRole("region", { name: "Name and e-mail" });
  await about.getByText("Change your name").click();
  await about.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await about.getByRole("button", { name: "Change name" }).click();
  await page.getByRole("heading", { name: "Ada Lovelace" }).waitFor();
  await ada.look("another name");
  const change = async (/** @type {string} */ email) => {
    if (!(await about.getByLabel("New e-mail").isVisible())) await about.getByText("Change your e-mail").click();
    await about.getByLabel("New e-mail").fill(email);
    await about.getByLabel("Your password").fill(account.password);
    await about.getByRole("button", { name: "Change e-mail" }).click();
  };
  await change("grace.hopper@example.org");
  await about.getByRole("alert").getByText("Somebody else has an account with this e-mail.").waitFor();
  await ada.look("somebody else's");
  await change("ada@lovelace.example");
  await page.getByText("Sign in with it from now on.").waitFor();
  await ada.look("another e-mail");
  const elsewhere = await window("elsewhere");
  await assert.rejects(elsewhere.enter(account), /not let in/);
  await elsewhere.enter({ ...account, email: "ada@lovelace.example" });
});
