//! Good pictures: what comes back is a picture, small, and kept.

use super::server::Server;
use super::workbook::workbook;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::fs;
use std::io::Cursor;

/// Red on the left, blue on the right.
fn picture(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(
        width,
        height,
        |x, _| if x < width / 2 { Rgb([220, 20, 20]) } else { Rgb([20, 20, 220]) },
    )
    .into()
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn every_format_becomes_a_thumbnail_in_every_format() {
    let server = Server::start();
    for (name, format) in [
        ("a.jpg", ImageFormat::Jpeg),
        ("a.png", ImageFormat::Png),
        ("a.gif", ImageFormat::Gif),
        ("a.webp", ImageFormat::WebP),
        ("a.bmp", ImageFormat::Bmp),
        ("a.tif", ImageFormat::Tiff),
        // What counts is what is inside.
        ("misnamed.jpeg", ImageFormat::Png),
    ] {
        let metadata = server.put(name, &encoded(&picture(400, 300), format));
        for (asked, format, size) in [
            ("", ImageFormat::Jpeg, (64, 48)),
            ("?size=xs&format=png", ImageFormat::Png, (32, 24)),
            ("?size=m&format=bmp", ImageFormat::Bmp, (128, 96)),
            ("?size=xl", ImageFormat::Jpeg, (400, 300)),
        ] {
            let answer = server.get(&format!("/1/thumbnails/auto/{name}{asked}"));
            assert_eq!(answer.status, 200, "{name}{asked}: {}", answer.text());
            let thumbnail = image::load_from_memory_with_format(&answer.body, format).unwrap().into_rgb8();
            assert_eq!(thumbnail.dimensions(), size, "{name}{asked}");
            let (left, right) = (thumbnail.get_pixel(2, 5), thumbnail.get_pixel(size.0 - 3, 5));
            assert!(left.0[0] > 180 && left.0[2] < 80, "{name}{asked}: {left:?}");
            assert!(right.0[2] > 180 && right.0[0] < 80, "{name}{asked}: {right:?}");
            let told: serde_json::Value =
                serde_json::from_str(answer.header("x-dropbox-metadata").unwrap()).unwrap();
            assert_eq!(told, serde_json::from_str::<serde_json::Value>(&metadata).unwrap());
        }
    }
    // Each once; and equal bytes, under whatever name, once together.
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("tidemark_media_workers_total{ended=\"answered\"} 24"), "{metrics}");
    server.get("/1/thumbnails/auto/a.jpg");
    let metrics = server.get("/metrics").text();
    assert!(
        metrics.contains("tidemark_media_workers_total{ended=\"answered\"} 24"),
        "it was kept: {metrics}"
    );
}

#[test]
fn a_spreadsheet_becomes_a_page() {
    let server = Server::start();
    let rows = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>&lt;script&gt;alert(1)&lt;/script&gt;</t></is></c><c r="B1"><v>1.5</v></c></row>"#;
    server.put("sums.xlsx", &workbook(rows));
    let answer = server.get("/1/previews/auto/sums.xlsx");
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    assert!(page.contains("<h2>Sums &amp; &lt;more&gt;</h2>"), "{page}");
    assert!(page.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td>1.5</td>"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    assert_eq!(answer.header("original-content-length"), Some(&*workbook(rows).len().to_string()));
}

/// A picture costs one process, and leaves nothing in the folder but a row of the cache.
#[test]
fn the_cache_lies_in_a_folder_of_its_own() {
    let server = Server::start();
    for number in 0..30 {
        let answer = server
            .thumbnail(&format!("{number}.jpg"), &encoded(&picture(60 + number, 60), ImageFormat::Jpeg));
        assert_eq!(answer.status, 200);
    }
    let metrics = server.get("/metrics").text();
    assert!(metrics.contains("tidemark_media_workers_total{ended=\"answered\"} 30"), "{metrics}");
    assert!(server.tidemark.data().join("cache/renditions.db").exists());
    assert_eq!(fs::read_dir(server.tidemark.data().join("tmp")).unwrap().count(), 0);
}

/// A listing tells it at the second time of asking, a page of changes at once; of a film that is larger than any picture,
/// too, of which only the parts are read that matter.
#[test]
fn what_cameras_noted_is_found_out() {
    let server = Server::start();
    server.put("film.mp4", &film(30 << 20));
    server.put("plain.jpg", &encoded(&picture(40, 30), ImageFormat::Jpeg));
    let listing = server.eventually(|| {
        let listing = server.get("/1/metadata/auto?include_media_info=true").text();
        (!listing.contains("pending")).then_some(listing)
    });
    let film =
        r#""video_info":{"time_taken":"Wed, 05 Feb 2014 09:07:03 +0000","lat_long":null,"duration":100500}"#;
    assert!(listing.contains(film), "{listing}");
    assert!(listing.contains(r#""photo_info":{"time_taken":null,"lat_long":null}"#), "{listing}");
    server.put("second.mov", &self::film(0));
    let page = server.send_form("/1/delta", "include_media_info=true");
    assert_eq!(page.matches(film).count(), 2, "{page}");
}

/// A film that plays for 100.5 seconds, with its head at its end.
fn film(size: usize) -> Vec<u8> {
    let boxed = |name: &[u8; 4], inside: &[u8]| {
        [&(inside.len() as u32 + 8).to_be_bytes(), &name[..], inside].concat()
    };
    let head = [0, 1_391_591_223_u32 + 2_082_844_800, 0, 600, 60_300].map(u32::to_be_bytes).concat();
    let head = boxed(b"moov", &boxed(b"mvhd", &[head, vec![0; 80]].concat()));
    [boxed(b"ftyp", b"isomiso2"), boxed(b"mdat", &vec![7; size]), head].concat()
}
