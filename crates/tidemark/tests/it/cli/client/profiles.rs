//! Several links, and tokens from elsewhere.

use super::World;
use crate::cli::finish;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// The last link that was made is used, unless another one is named.
#[test]
fn several_links_live_beside_each_other() {
    let world = World::new();
    let other = World::new();
    world.put("/first.txt", "1");
    other.put("/second.txt", "2");
    let run = world.run_with(&["link", &other.url(), "--token-stdin", "--profile", "other"], other.token());
    assert_eq!(run.code, 0, "{}", run.err);
    let own = format!("127.0.0.1-{}", world.serving.address.split(':').nth(1).unwrap());
    assert_eq!(world.ok(&["ls"]), "second.txt\n");
    assert_eq!(world.ok(&["ls", "--profile", &own]), "first.txt\n");
    assert_eq!(world.ok(&["ls", "--server", &world.url()]), "first.txt\n");
    assert!(world.fails(3, &["ls", "--profile", "third"]).contains("no profile 'third'"));
    assert!(world.fails(5, &["ls", "--server", "http://127.0.0.1:1"]).contains("not linked"));
    let listed = world.json(&["account", "--all"]);
    let told: Vec<_> =
        listed.iter().map(|link| (link["profile"].as_str().unwrap(), link["default"] == true)).collect();
    assert_eq!(told, [(own.as_str(), false), ("other", true)]);
    let text = world.ok(&["account", "--all"]);
    let at = |line: &str| line.find("http://").unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(at(lines[0]), at(lines[1]), "{text}");
    // A name stands for one account.
    let taken = world.run_with(&["link", &world.url(), "--token-stdin", "--profile", "other"], world.token());
    assert!(taken.code == 6 && taken.err.contains("is linked to ann@example.org"), "{}", taken.err);
    assert_eq!(world.ok(&["ls", "--profile", "other"]), "second.txt\n");
    for name in ["../x", ".x", "a/b", ""] {
        assert_eq!(world.run(&["ls", "--profile", name]).code, 2, "{name}");
    }
    // The only one left is used.
    world.ok(&["unlink", "--profile", "other", "--keep-token"]);
    assert_eq!(world.ok(&["ls"]), "first.txt\n");
}

/// Two accounts on one server have a profile each, without being named.
#[test]
fn a_second_account_gets_a_name_of_its_own() {
    let world = World::new();
    world.tidemark.ok(&["user", "add", "bob@example.org", "--password-stdin"], "correct horse\n");
    let bob = world.tidemark.ok(&["token", "create", "--app", "tidemark", "--user", "bob@example.org"], "");
    assert_eq!(world.run_with(&["link", &world.url(), "--token-stdin"], &bob).code, 0);
    assert_eq!(world.json(&["account"])[0]["email"], "bob@example.org");
    let listed = world.json(&["account", "--all"]);
    assert_eq!(listed.len(), 2);
    assert!(listed[1]["profile"].as_str().unwrap().ends_with("-2"), "{listed:?}");
    assert!(world.fails(2, &["ls", "--server", &world.url()]).contains("--profile"));
}

/// Scripts need no link, and leave none; a token is for one server.
#[test]
fn the_environment_is_enough_for_scripts() {
    let world = World::unlinked();
    let run = |pairs: &[(&str, &str)], arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.envs(pairs.iter().copied());
        finish(command, "")
    };
    let url = world.url();
    let both = [("TIDEMARK_SERVER", url.as_str()), ("TIDEMARK_TOKEN", world.token())];
    let account = run(&both, &["account", "--json"]);
    assert_eq!((account.code, account.err.as_str()), (0, ""));
    let told: serde_json::Value = serde_json::from_str(&account.out).unwrap();
    assert_eq!((&told["email"], told.get("profile")), (&"ann@example.org".into(), None));
    let alone = run(&both[1..], &["ls"]);
    assert!(alone.code == 2 && alone.err.contains("TIDEMARK_SERVER"), "{}", alone.err);
    assert!(!alone.err.contains(world.token()));
    assert_eq!(run(&both[..1], &["ls"]).code, 5);
    let wrong = run(&[both[0], ("TIDEMARK_TOKEN", "wrong")], &["ls"]);
    assert!(wrong.code == 5 && wrong.err.contains("the token in TIDEMARK_TOKEN"), "{}", wrong.err);
    assert!(wrong.err.contains("token create") && !wrong.err.contains("'/'"), "{}", wrong.err);
    assert!(!world.tidemark.data().with_file_name(".config").exists(), "nothing is kept");
    // Who names a link means it.
    world.link(&url);
    let name = world.json(&["account", "--all"])[0]["profile"].as_str().unwrap().to_owned();
    assert_eq!(run(&[both[0], ("TIDEMARK_TOKEN", "wrong")], &["ls", "--server", &url]).code, 5);
    assert_eq!(run(&[("TIDEMARK_TOKEN", "wrong")], &["ls", "--profile", &name]).code, 0);
}

/// The token may live wherever a command can get it from.
#[test]
fn a_command_can_give_the_token() {
    let world = World::unlinked();
    world.write("vault", world.token());
    let command = format!("cat {}", world.here("vault").display());
    world.ok(&["link", &world.url(), "--token-command", &command]);
    assert_eq!(world.ok(&["ls"]), "");
    let config = world.tidemark.data().with_file_name(".config/tidemark/profiles");
    let file = config.read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(!fs::read_to_string(file).unwrap().contains(world.token()));
    fs::remove_file(world.here("vault")).unwrap();
    assert_eq!(world.run(&["ls"]).code, 5);
}

/// A desktop's keyring is used if there is one: the token goes through pipes, and stands in no file and on no command line.
#[test]
fn a_keyring_keeps_the_token() {
    let world = World::unlinked();
    // It does what the real one does, and notes what it was called with.
    let tool = "#!/bin/sh\necho \"$@\" >> \"$HOME/calls\"\ncase $1 in\n store) cat > \"$HOME/ring\" ;;\n \
                lookup) cat \"$HOME/ring\" ;;\n clear) rm \"$HOME/ring\" ;;\nesac\n";
    world.write("bin/secret-tool", tool);
    fs::set_permissions(world.here("bin/secret-tool"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", world.here("bin").display());
    let run = |arguments: &[&str], input: &str| {
        let mut command = world.command(arguments);
        command.env("PATH", &path).env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        finish(command, input)
    };
    let home = |name: &str| world.tidemark.data().with_file_name(name);
    let linked = run(&["link", &world.url(), "--token-stdin"], world.token());
    assert!(linked.code == 0 && linked.out.contains("in the desktop's keyring"), "{linked:?}");
    assert_eq!(fs::read_to_string(home("ring")).unwrap(), world.token());
    assert_eq!(run(&["ls"], "").code, 0);
    let file = home(".config/tidemark/profiles").read_dir().unwrap().next().unwrap().unwrap().path();
    assert!(!fs::read_to_string(file).unwrap().contains(world.token()));
    assert_eq!(run(&["unlink", "--keep-token"], "").code, 0);
    assert!(!home("ring").exists());
    let calls = fs::read_to_string(home("calls")).unwrap();
    assert_eq!(
        calls.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>(),
        ["store", "lookup", "clear"]
    );
    assert!(!calls.contains(world.token()), "{calls}");

    // One that fails is no reason not to link, unless it was asked for.
    world.write("bin/secret-tool", "#!/bin/sh\nexit 1\n");
    let linked = run(&["link", &world.url(), "--token-stdin", "--keep-token-in", "keyring"], world.token());
    assert_eq!(linked.code, 1, "{linked:?}");
    let linked = run(&["link", &world.url(), "--token-stdin"], world.token());
    assert!(linked.code == 0 && linked.out.contains("profiles/"), "{linked:?}");
}

/// What a hand wrote wrongly is told by its place; the token in it is not shown.
#[test]
fn a_broken_profile_is_told_of() {
    let world = World::new();
    let config = world.tidemark.data().with_file_name(".config/tidemark/profiles");
    let file = config.read_dir().unwrap().next().unwrap().unwrap().path();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[token]\nvalue = ", "token = ")).unwrap();
    let told = world.fails(1, &["ls"]);
    assert!(told.contains("makes no sense") && !told.contains(world.token()), "{told}");
}
