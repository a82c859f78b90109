//! What a program that speaks Box's protocol does with the world.

use crate::world::{Answer, World};
use axum::body::Body;
use http::header::IF_MATCH;
use http::{Method, Request};
use serde_json::Value;

impl World {
    /// Sends a request to Box's protocol.
    pub(crate) async fn box_send(&self, request: Request<Body>) -> Answer {
        let response = self.box_events.handle(request).await;
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("the body is whole");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A GET with the token.
    pub(crate) async fn box_get(&self, uri: &str) -> Answer {
        self.box_send(self.ask(Method::GET, uri).body(Body::empty()).expect("a good request")).await
    }

    /// The same with another header.
    pub(crate) async fn box_get_with(&self, uri: &str, name: &str, value: &str) -> Answer {
        let request = self.ask(Method::GET, uri).header(name, value);
        self.box_send(request.body(Body::empty()).expect("a good request")).await
    }

    /// A request with the token and a JSON body, which does not say that it is one.
    pub(crate) async fn box_json(&self, method: Method, uri: &str, body: &Value) -> Answer {
        let request = self.ask(method, uri).body(Body::from(body.to_string()));
        self.box_send(request.expect("a good request")).await
    }

    /// A DELETE with the token.
    pub(crate) async fn box_delete(&self, uri: &str) -> Answer {
        self.box_send(self.ask(Method::DELETE, uri).body(Body::empty()).expect("a good request")).await
    }

    /// The same on the condition that the item has this tag.
    pub(crate) async fn box_delete_if(&self, uri: &str, tag: &str) -> Answer {
        let request = self.ask(Method::DELETE, uri).header(IF_MATCH, tag);
        self.box_send(request.body(Body::empty()).expect("a good request")).await
    }

    /// Puts a new file by its path, and answers its id.
    pub(crate) async fn box_file(&self, path: &str, body: &'static str) -> String {
        self.file(path, body).await;
        // It was named by the change that created it; the first numbers are the root's and the trash's.
        (self.head().await + 1).to_string()
    }

    /// Makes a folder, and answers its id.
    pub(crate) async fn box_folder(&self, parent: &str, name: &str) -> String {
        let body = serde_json::json!({ "name": name, "parent": { "id": parent } });
        let answer = self.box_json(Method::POST, "/2.0/folders", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.field("id")
    }
}

impl Answer {
    /// Fails unless it is a refusal with this status and code, of the form that every one has. Answers what it tells of
    /// the context.
    pub(crate) fn box_refuses(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        let json = self.json();
        assert_eq!((&json["type"], &json["status"]), (&"error".into(), &status.into()), "{json}");
        assert_eq!(json["code"], code, "{json}");
        for name in ["message", "help_url", "request_id"] {
            assert!(json[name].is_string(), "{name} of {json}");
        }
        json["context_info"].clone()
    }
}
