//! Bytes that were made to do harm: each costs one process, and nobody but its owner a thing.

use super::server::Server;
use super::workbook::{crc, endless};
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let inside = [&kind[..], body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &inside, &crc(&inside).to_be_bytes()].concat()
}

/// The beginning of a PNG of this size, and nothing of its pixels.
fn png(width: u32, height: u32) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &head),
        chunk(b"IDAT", &[0x78, 0x9c, 0xed, 0xc1]),
        chunk(b"IEND", b""),
    ]
    .concat()
}

/// A good picture of one pixel.
fn good() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::DynamicImage::from(image::RgbImage::new(1, 1));
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let bmp = |width: i32, height: i32| {
        let mut bytes = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
        bytes.extend(width.to_le_bytes());
        bytes.extend(height.to_le_bytes());
        bytes.extend(b"\x01\0\x18\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes
    };
    let tiff = |tag: u16, value: u32| {
        let mut bytes = b"II*\0\x08\0\0\0\x06\0".to_vec();
        for (known, mut content) in [(256_u16, 4_u32), (257, 4), (258, 8), (259, 1), (262, 1), (273, 8)] {
            if known == tag {
                content = value;
            }
            bytes.extend(known.to_le_bytes());
            bytes.extend(4_u16.to_le_bytes());
            bytes.extend(if known == 273 && tag == 0 { value } else { 1 }.to_le_bytes());
            bytes.extend(content.to_le_bytes());
        }
        bytes.extend([0; 4]);
        bytes
    };
    let gif = |width: u16, height: u16| {
        let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
        [b"GIF89a".to_vec(), size.clone(), vec![0, 0, 0, b',', 0, 0, 0, 0], size, vec![0, 2, 1, 0, 0, b';']]
            .concat()
    };
    let webp = {
        // Of 16384 by 16384 pixels, without any.
        let mut bits = b"\x2f".to_vec();
        bits.extend(0x0fff_ffff_u32.to_le_bytes());
        let body =
            [b"WEBPVP8L".to_vec(), (bits.len() as u32 + 1).to_le_bytes().to_vec(), bits, vec![0]].concat();
        [b"RIFF".to_vec(), (body.len() as u32).to_le_bytes().to_vec(), body].concat()
    };
    vec![
        ("png", png(30_000, 30_000)),
        ("png", png(u32::MAX >> 1, u32::MAX >> 1)),
        ("png", png(60_000, 1)),
        ("bmp", bmp(i32::MAX, i32::MAX)),
        ("bmp", bmp(60_000, i32::MIN)),
        ("bmp", bmp(-1, 1)),
        ("tif", tiff(256, u32::MAX)),
        ("tif", tiff(0, u32::MAX)),
        ("tif", tiff(273, u32::MAX)),
        ("gif", gif(u16::MAX, u16::MAX)),
        ("webp", webp),
        (
            "jpg",
            b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\x01\x03\x11\x01\xff\xd9"
                .to_vec(),
        ),
        ("jpg", b"\xff\xd8\xff".repeat(20_000)),
        ("jpg", b"GIF89a<?php PNG \xff\xd8\xff<script>alert(1)</script>".to_vec()),
        ("jpg", Vec::new()),
    ]
}

/// Hundreds of them: each is refused, the server does not grow, nothing is left behind, and good pictures go on.
#[test]
fn bombs_are_refused_and_leave_nothing_behind() {
    let server = Server::start();
    assert_eq!(server.thumbnail("good.png", &good()).status, 200);
    let before = server.memory_max();
    let bombs = bombs();
    let mut refused = 0;
    for round in 0..14_u8 {
        for (number, (extension, bomb)) in bombs.iter().enumerate() {
            // No two are the same, so nothing is known of one by another.
            let bytes =
                if bomb.is_empty() { vec![] } else { [bomb.as_slice(), &[round, number as u8]].concat() };
            let answer = server.thumbnail(&format!("{round}-{number}.{extension}"), &bytes);
            assert_eq!(answer.status, 415, "{extension} {number}: {}", answer.text());
            assert!(answer.text().contains("\"error\""), "{}", answer.text());
            refused += 1;
        }
    }
    assert!(refused > 200);
    let grown = server.memory_max().saturating_sub(before);
    assert!(grown < 48 << 20, "the server grew by {grown} bytes");
    assert_eq!(server.thumbnail("after.png", &good()).status, 200);
    server.eventually(|| server.children().is_empty().then_some(()));
    assert_eq!(fs::read_dir(server.tidemark.data().join("tmp")).unwrap().count(), 0);
}

/// A picture of 20 MB is looked at, one of a byte more is not.
#[test]
fn the_largest_source_is_20_mb() {
    let server = Server::start();
    let mut bytes = good();
    bytes.resize(20 << 20, 0);
    assert_eq!(server.thumbnail("a.png", &bytes).status, 200, "what stands behind a picture does no harm");
    bytes.push(0);
    assert_eq!(server.thumbnail("b.png", &bytes).status, 415);
}

/// One that would take all memory there is dies at its bound, and the server does not notice.
#[test]
fn a_worker_that_eats_memory_dies_at_its_bound() {
    let server = Server::start_with(&["--media-worker-memory", "256MiB"]);
    server.put("bomb.xlsx", &endless("<sst><si><t>", "abcdefgh", 4000));
    let before = server.memory_max();
    let answer = server.get("/1/previews/auto/bomb.xlsx");
    assert_eq!(answer.status, 409, "{}", answer.text());
    let grown = server.memory_max().saturating_sub(before);
    assert!(grown < 48 << 20, "the server grew by {grown} bytes");
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("tidemark_media_workers_total{ended=\"died\"} 1"), "{metrics}");
    let begun = Instant::now();
    assert_eq!(server.get("/1/previews/auto/bomb.xlsx").status, 409);
    assert!(begun.elapsed() < Duration::from_secs(1), "it is not tried again");
    assert_eq!(server.thumbnail("good.png", &good()).status, 200);
}

/// A server that may take less than its workers has workers that take no more, rather than none.
#[test]
fn limits_that_are_lower_already_stay() {
    let server = Server::start_within("ulimit -v 6000000 && ulimit -t 5");
    assert_eq!(server.thumbnail("good.png", &good()).status, 200);
    server.put("bomb.xlsx", &endless("<sst>", "<a/>", 15_000));
    thread::scope(|scope| {
        let bomb = scope.spawn(|| server.get("/1/previews/auto/bomb.xlsx").status);
        let limits = fs::read_to_string(server.confined_worker().join("limits")).unwrap();
        let cpu = limits.lines().find_map(|line| line.strip_prefix("Max cpu time")).unwrap();
        assert_eq!(cpu.split_whitespace().next(), Some("5"), "{limits}");
        assert_eq!(bomb.join().unwrap(), 409);
    });
}

/// One that never comes to an end is ended. Meanwhile it can do nothing but think, and others' pictures go on.
#[test]
fn a_worker_that_never_ends_is_ended() {
    let server = Server::start();
    server.put("bomb.xlsx", &endless("<sst>", "<a/>", 15_000));
    let begun = Instant::now();
    thread::scope(|scope| {
        let bomb = scope.spawn(|| (server.get("/1/previews/auto/bomb.xlsx"), begun.elapsed()));
        let worker = server.confined_worker();
        let limits = fs::read_to_string(worker.join("limits")).unwrap();
        for (name, value) in [
            ("Max address space", &*(768_u64 << 20).to_string()),
            ("Max cpu time", "10"),
            ("Max core file size", "0"),
            ("Max file size", "0"),
            ("Max open files", "3"),
            ("Max processes", "0"),
        ] {
            let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
            let values: Vec<_> = line[name.len()..].split_whitespace().take(2).collect();
            assert_eq!(values, [value, value], "{name}");
        }
        let descriptors = fs::read_dir(worker.join("fd")).unwrap().map(|fd| fd.unwrap().path());
        let descriptors: Vec<_> = descriptors
            .map(|fd| {
                format!("{} {}", fd.file_name().unwrap().display(), fs::read_link(&fd).unwrap().display())
            })
            .collect();
        assert_eq!(descriptors.len(), 3, "{descriptors:?}");
        for fd in &descriptors {
            let (number, target) = fd.split_once(' ').unwrap();
            assert!(target.starts_with("pipe:") || (number, target) == ("2", "/dev/null"), "{descriptors:?}");
        }
        assert_eq!(fs::read(worker.join("environ")).unwrap(), b"", "it knows no settings");
        assert_eq!(fs::read_link(worker.join("cwd")).unwrap().to_str(), Some("/"));
        // The other worker is for the others; and what is one's own comes when the bomb is gone.
        let (answer, took) = bomb.join().unwrap();
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert!(took > Duration::from_secs(5) && took < Duration::from_secs(45), "{took:?}");
    });
    assert_eq!(server.thumbnail("good.png", &good()).status, 200);
    server.eventually(|| server.children().is_empty().then_some(()));
}
