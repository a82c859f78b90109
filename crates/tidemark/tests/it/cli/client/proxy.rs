//! A way to the server that can be blocked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Carries connections to a server, and counts the bytes.
pub(super) struct Proxy {
    pub(super) url: String,
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    /// Bytes that went to the server, and that came from it.
    carried: [u64; 2],
    /// After so many bytes nothing goes on, until this is taken away.
    stop_after: [Option<u64>; 2],
    is_stuck: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Way {
    ToServer = 0,
    FromServer = 1,
}

impl Proxy {
    pub(super) fn to(server: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<(Mutex<State>, Condvar)> = Arc::default();
        let (server, shared) = (server.to_owned(), state.clone());
        // It ends with the process of the tests.
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(upstream)) = (client, TcpStream::connect(&server)) else { return };
                for (way, from, to) in
                    [(Way::ToServer, &client, &upstream), (Way::FromServer, &upstream, &client)]
                {
                    let (from, to, state) =
                        (from.try_clone().unwrap(), to.try_clone().unwrap(), shared.clone());
                    std::thread::spawn(move || carry(way, from, to, &state));
                }
            }
        });
        Proxy { url, state }
    }

    /// From now on counted, so many bytes go this way; then nothing goes on.
    pub(super) fn stop_after(&self, way: Way, bytes: u64) {
        let mut state = self.state.0.lock().unwrap();
        state.carried = [0, 0];
        state.is_stuck = false;
        state.stop_after[way as usize] = Some(bytes);
    }

    /// Waits until nothing goes on.
    pub(super) fn stuck(&self) {
        let state = self.state.0.lock().unwrap();
        let wait = self.state.1.wait_timeout_while(state, Duration::from_secs(60), |state| !state.is_stuck);
        assert!(!wait.unwrap().1.timed_out(), "it never came so far");
    }

    /// All goes on, and is counted anew.
    pub(super) fn open(&self) {
        let mut state = self.state.0.lock().unwrap();
        (state.carried, state.stop_after, state.is_stuck) = ([0, 0], [None, None], false);
        self.state.1.notify_all();
    }

    /// How much has gone this way.
    pub(super) fn carried(&self, way: Way) -> u64 {
        self.state.0.lock().unwrap().carried[way as usize]
    }
}

fn carry(way: Way, mut from: TcpStream, mut to: TcpStream, state: &(Mutex<State>, Condvar)) {
    let mut bytes = vec![0; 16 << 10];
    loop {
        let read = from.read(&mut bytes).unwrap_or(0);
        {
            let mut now = state.0.lock().unwrap();
            while now.stop_after[way as usize]
                .is_some_and(|most| now.carried[way as usize] + read as u64 > most)
            {
                now.is_stuck = true;
                state.1.notify_all();
                now = state.1.wait(now).unwrap();
            }
            now.carried[way as usize] += read as u64;
        }
        if read == 0 || to.write_all(&bytes[..read]).is_err() {
            let _ = to.shutdown(Shutdown::Write);
            return;
        }
    }
}
