"use strict";
// A small web app that shows the folders and pictures of whoever signs in.
//
//   darkroom.js APP_KEY APP_SECRET
//
// It keeps nothing on disk. Who somebody is stands in signed cookies; what a folder holds is remembered with the
// folder's hash, and only fetched again when that has changed; a picture that the browser has is not fetched at all.

var crypto = require("crypto");
var http = require("http");
var dbox = require("dbox");
var express = require("express");

var app = express();
var dropbox = dbox.app({ app_key: process.argv[2], app_secret: process.argv[3], root: "dropbox" });

// By user and path: the last listing of a folder.
var listings = {};

app.use(express.cookieParser(crypto.randomBytes(32).toString("hex")));

function keep(res, name, value) {
  res.cookie(name, value, { signed: true, httpOnly: true });
}

// The dbox client of whoever asks; without one, they are sent to sign in.
function signedIn(req, res, next) {
  var cookies = req.signedCookies;
  if (!cookies.token || !cookies.secret || !cookies.uid) return res.redirect("/login");
  req.uid = cookies.uid;
  req.client = dropbox.client({ oauth_token: cookies.token, oauth_token_secret: cookies.secret, uid: cookies.uid });
  next();
}

// The service does not know this person any more, or never did: they sign in again.
function forget(res) {
  ["token", "secret", "uid"].forEach(function (name) {
    res.clearCookie(name);
  });
  res.redirect("/login");
}

// Step 1: a request token, and off to the service's page.
app.get("/login", function (req, res) {
  dropbox.requesttoken(function (status, request) {
    if (status !== 200) return res.send(502, "the service gave no token");
    keep(res, "request", request.oauth_token);
    keep(res, "request_secret", request.oauth_token_secret);
    res.redirect(request.authorize_url + "&oauth_callback=http://" + req.headers.host + "/back");
  });
});

// Step 3: the person has been there (step 2), and the request token is exchanged.
app.get("/back", function (req, res) {
  var cookies = req.signedCookies;
  res.clearCookie("request");
  res.clearCookie("request_secret");
  if (req.query.not_approved) return res.send(403, "not without your permission");
  if (!cookies.request || cookies.request !== req.query.oauth_token) return res.send(400, "whose token is this?");
  dropbox.accesstoken({ oauth_token: cookies.request, oauth_token_secret: cookies.request_secret }, function (status, access) {
    if (status !== 200) return res.send(401, "the service gave no permission");
    keep(res, "token", access.oauth_token);
    keep(res, "secret", access.oauth_token_secret);
    keep(res, "uid", access.uid);
    res.redirect("/folder/");
  });
});

app.get(/^\/folder(\/.*)$/, signedIn, function (req, res) {
  var path = req.params[0];
  var known = listings[req.uid + path];
  req.client.metadata(path, { hash: known ? known.hash : null }, function (status, listing) {
    console.log("metadata %s: %s", path, status);
    if (status === 401) return forget(res);
    if (status === 304) listing = known;
    else if (status !== 200) return res.send(status || 502, "no such folder");
    else if (!listing.is_dir) return res.redirect("/picture" + encodeURI(listing.path) + "?rev=" + listing.rev);
    listings[req.uid + path] = listing;
    res.json(listing.contents.map(function (entry) {
      return { path: entry.path, folder: entry.is_dir, rev: entry.rev };
    }));
  });
});

app.get(/^\/picture(\/.*)$/, signedIn, function (req, res) {
  var rev = req.query.rev;
  // The bytes of a revision never change: a browser that has them needs nobody.
  if (rev && req.headers["if-none-match"] === '"' + rev + '"') return res.send(304, "");
  req.client.get(req.params[0], rev ? { rev: rev } : {}, function (status, bytes, metadata) {
    console.log("files %s: %s", req.params[0], status);
    if (status === 401) return forget(res);
    if (status !== 200) return res.send(status || 502, "no such picture");
    res.set({ "Content-Type": metadata.mime_type, ETag: '"' + metadata.rev + '"', "Cache-Control": "private" });
    res.send(bytes);
  });
});

var server = http.createServer(app).listen(0, "127.0.0.1", function () {
  console.log("darkroom is at http://127.0.0.1:%d", server.address().port);
});
