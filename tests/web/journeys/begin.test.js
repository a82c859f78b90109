// The first minutes: making the first account, signing in and out.

import assert from "node:assert/strict";
import { journey } from "../harness/journey.js";

const ADA = { name: "Ada King", email: "ada@example.org", password: "correct horse battery" };

journey("makes the first account", async ({ server, window }) => {
  const ada = await window("Ada");
  const { page } = ada;
  await ada.open("/");
  await page.getByText("This server has no account yet.").waitFor();
  await ada.look("no account");

  await ada.open(await server.setUpLink());
  await ada.look("set up");
  await page.getByLabel("Your name").fill(ADA.name);
  await page.getByLabel("E-mail").fill(ADA.email);
  await page.getByLabel("Password").fill(ADA.password);
  await page.getByRole("button", { name: "Make the account" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  await ada.look("set up done");

  // The link works once: it shows nobody the way in afterwards.
  const link = await server.setUpLink();
  const eve = await window("Eve");
  eve.guard.expect(/\/setup\?token=\S*: 4\d\d|Failed to load resource.*\/setup\?token=/);
  await eve.open(link);
  assert.equal(await eve.page.getByRole("button", { name: "Make the account" }).count(), 0);
  await eve.look("a link that was used");
});

journey("signs in, is told of a mistake, and signs out", async ({ server, window }) => {
  const account = await server.account(ADA.name);
  const ada = await window("Ada");
  const { page } = ada;
  await ada.open("/");
  await ada.look("welcome");
  await page.getByRole("link", { name: "Sign in" }).click();
  await ada.look("sign in");

  ada.guard.expect(/POST \S+\/login: 4\d\d|Failed to load resource.*\/login/);
  await page.getByLabel("E-mail").fill(account.email);
  await page.getByLabel("Password").fill("wrong horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  assert.equal(await page.getByLabel("E-mail").inputValue(), account.email, "what was typed is kept");
  await ada.look("a mistake");

  await ada.signIn(account);
  await ada.look("signed in");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByRole("link", { name: "Sign in" }).waitFor();
  // Who has left is asked again, and then brought to where they meant to go.
  await ada.open("/links");
  await ada.signIn(account);
  assert.equal(new URL(page.url()).pathname, "/links");
  await ada.look("links");
});

journey("signs in with the keyboard alone, on a small screen", async ({ server, window }) => {
  const account = await server.account(ADA.name);
  const ada = await window("Ada", { width: 360, height: 740, scheme: "dark", still: true });
  const { page } = ada;
  await ada.open("/login");
  await ada.look("sign in");
  // The first field has the focus already.
  await page.keyboard.type(account.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(account.password);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Sign out", exact: true }).waitFor();
  await ada.look("signed in");
});
