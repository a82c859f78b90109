//! What a client knows about its folder: a model of the tree, as plain as can be.

use std::collections::BTreeMap;

use super::content::Content;
use crate::rig::reader::is_at_or_below;

/// What is at each path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree(BTreeMap<String, Node>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    File {
        content: Content,
        /// As answered to its upload; unknown once it has been moved or copied here.
        revision: Option<u64>,
    },
}

impl Tree {
    pub(super) fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.0
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn put(&mut self, path: &str, content: Content, revision: Option<u64>) {
        self.add_parents(path);
        self.0.insert(path.to_owned(), Node::File { content, revision });
    }

    pub(super) fn create_folder(&mut self, path: &str) {
        self.add_parents(path);
        self.0.insert(path.to_owned(), Node::Folder);
    }

    pub(super) fn delete(&mut self, path: &str) {
        self.0.retain(|known, _| !is_at_or_below(known, path));
    }

    pub(super) fn move_to(&mut self, from: &str, to: &str) {
        self.copy(from, to);
        self.delete(from);
    }

    pub(super) fn copy(&mut self, from: &str, to: &str) {
        let copies: Vec<(String, Node)> = self
            .0
            .iter()
            .filter(|(path, _)| is_at_or_below(path, from))
            .map(|(path, node)| {
                let node = match node {
                    Node::Folder => Node::Folder,
                    Node::File { content, .. } => Node::File { content: *content, revision: None },
                };
                (format!("{to}{}", &path[from.len()..]), node)
            })
            .collect();
        self.add_parents(to);
        self.0.extend(copies);
    }

    /// The paths at which this tree and another differ.
    pub(super) fn differences<'a>(&'a self, other: &'a Self) -> Vec<&'a str> {
        let here = self.0.iter().filter(|(path, node)| other.0.get(*path) != Some(node));
        let there = other.0.keys().filter(|path| !self.contains(path));
        here.map(|(path, _)| path.as_str()).chain(there.map(String::as_str)).collect()
    }

    fn add_parents(&mut self, path: &str) {
        let slashes = path.char_indices().skip(1).filter(|(_, letter)| *letter == '/');
        for (slash, _) in slashes {
            self.0.entry(path[..slash].to_owned()).or_insert(Node::Folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::random::Random;

    fn paths(tree: &Tree) -> Vec<&str> {
        tree.nodes().keys().map(String::as_str).collect()
    }

    #[test]
    fn keeps_whole_folders_together() {
        let content = Content::large(&mut Random::new(1));
        let mut tree = Tree::default();
        tree.put("/a/b/c", content, Some(1));
        tree.put("/a/bc", content, Some(2));
        assert_eq!(paths(&tree), ["/a", "/a/b", "/a/b/c", "/a/bc"]);
        tree.copy("/a/b", "/x/y");
        assert_eq!(paths(&tree), ["/a", "/a/b", "/a/b/c", "/a/bc", "/x", "/x/y", "/x/y/c"]);
        let before = tree.clone();
        tree.move_to("/a", "/z");
        assert_eq!(paths(&tree), ["/x", "/x/y", "/x/y/c", "/z", "/z/b", "/z/b/c", "/z/bc"]);
        assert_eq!(tree.differences(&before).len(), 8);
        tree.delete("/z/b");
        assert_eq!(paths(&tree), ["/x", "/x/y", "/x/y/c", "/z", "/z/bc"]);
    }
}
