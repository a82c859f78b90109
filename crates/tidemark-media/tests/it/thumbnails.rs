//! Small pictures: their size, which way they are up, and what is not a picture.

use crate::exif::{block, into_jpeg, into_png};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;
use std::io::Cursor;
use tidemark_core::model::{ThumbnailFormat, ThumbnailSpec};
use tidemark_media::thumbnail::make;

const MEMORY: u64 = 256 << 20;

const FORMATS: [ImageFormat; 6] = [
    ImageFormat::Jpeg,
    ImageFormat::Png,
    ImageFormat::Gif,
    ImageFormat::WebP,
    ImageFormat::Bmp,
    ImageFormat::Tiff,
];

/// White, with a red quarter at the top left.
pub(crate) fn picture(width: u32, height: u32) -> DynamicImage {
    let is_red = |x, y| x < width / 2 && y < height / 2;
    RgbImage::from_fn(width, height, |x, y| if is_red(x, y) { Rgb([230, 10, 10]) } else { Rgb([255; 3]) })
        .into()
}

pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn spec(width_max: u16, height_max: u16, format: ThumbnailFormat) -> ThumbnailSpec {
    ThumbnailSpec { width_max, height_max, format }
}

fn png(bytes: &[u8], width_max: u16, height_max: u16) -> DynamicImage {
    let made = make(bytes, spec(width_max, height_max, ThumbnailFormat::Png), MEMORY).unwrap();
    image::load_from_memory_with_format(&made, ImageFormat::Png).unwrap()
}

/// Which corner is red.
fn red_corner(image: &DynamicImage) -> (&'static str, &'static str) {
    let image = image.to_rgb8();
    let (right, bottom) = (image.width() * 3 / 4, image.height() * 3 / 4);
    let (left, top) = (image.width() / 4, image.height() / 4);
    for (name, x, y) in [
        (("top", "left"), left, top),
        (("top", "right"), right, top),
        (("bottom", "left"), left, bottom),
        (("bottom", "right"), right, bottom),
    ] {
        if image.get_pixel(x, y).0[1] < 100 {
            return name;
        }
    }
    ("no", "corner")
}

#[test]
fn it_fits_keeps_its_proportions_and_never_grows() {
    for ((width, height), (width_max, height_max), (w, h)) in [
        ((400, 300), (64, 64), (64, 48)),
        ((300, 400), (64, 64), (48, 64)),
        ((400, 300), (640, 480), (400, 300)),
        ((64, 64), (64, 64), (64, 64)),
        ((65, 64), (64, 64), (64, 63)),
        ((1, 1), (64, 64), (1, 1)),
        ((1, 20_000), (64, 64), (1, 64)),
        ((20_000, 1), (1024, 768), (1024, 1)),
        ((3000, 2000), (640, 480), (640, 427)),
        ((2000, 3000), (640, 480), (320, 480)),
    ] {
        let bytes = encoded(&picture(width, height), ImageFormat::Png);
        let made = png(&bytes, width_max, height_max);
        assert_eq!((made.width(), made.height()), (w, h), "{width}x{height} in {width_max}x{height_max}");
    }
}

#[test]
fn every_orientation_is_turned_upright() {
    let jpeg = encoded(&picture(80, 40), ImageFormat::Jpeg);
    let plain = encoded(&picture(80, 40), ImageFormat::Png);
    for (orientation, corner, size) in [
        (1, ("top", "left"), (32, 16)),
        (2, ("top", "right"), (32, 16)),
        (3, ("bottom", "right"), (32, 16)),
        (4, ("bottom", "left"), (32, 16)),
        (5, ("top", "left"), (16, 32)),
        (6, ("top", "right"), (16, 32)),
        (7, ("bottom", "right"), (16, 32)),
        (8, ("bottom", "left"), (16, 32)),
        // There is no such way.
        (9, ("top", "left"), (32, 16)),
    ] {
        let exif = block(orientation, None, None, None);
        for bytes in [into_jpeg(&jpeg, &exif), into_png(&plain, &exif)] {
            let made = png(&bytes, 32, 32);
            assert_eq!((red_corner(&made), (made.width(), made.height())), (corner, size), "{orientation}");
        }
    }
    // The box is for the picture as it is seen.
    let made = png(&into_jpeg(&jpeg, &block(6, None, None, None)), 20, 80);
    assert_eq!((made.width(), made.height()), (20, 40));
}

#[test]
fn every_kind_of_pixel_is_understood() {
    let gray16 = ImageBuffer::from_fn(90, 90, |x, _| Luma([if x < 45 { 0_u16 } else { u16::MAX }]));
    let rgb16 = picture(90, 90).into_rgb16();
    for (image, formats) in [
        (DynamicImage::from(gray16.clone()), &[ImageFormat::Png, ImageFormat::Tiff][..]),
        (DynamicImage::from(rgb16), &[ImageFormat::Png, ImageFormat::Tiff]),
        (
            DynamicImage::from(gray16).into_luma8().into(),
            &[ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp],
        ),
        (DynamicImage::from(picture(90, 90).into_luma_alpha8()), &[ImageFormat::Png]),
        (DynamicImage::from(picture(90, 90).into_rgba16()), &[ImageFormat::Png, ImageFormat::Tiff]),
        (DynamicImage::from(picture(90, 90).into_rgb32f()), &[ImageFormat::Tiff]),
    ] {
        for format in formats {
            let made = png(&encoded(&image, *format), 30, 30).to_rgb8();
            let (left, right) = (made.get_pixel(3, 3).0, made.get_pixel(26, 26).0);
            assert!(left[1] < 100 && right[1] > 200, "{:?} in {format:?}: {left:?} {right:?}", image.color());
        }
    }
}

/// What is transparent lends its colour to nothing, and is white where there is no transparency.
#[test]
fn transparency_is_kept_or_white() {
    let image = RgbaImage::from_fn(200, 200, |x, y| match (x / 100, y / 100) {
        (0, 0) => Rgba([0, 0, 255, 255]),
        (1, 0) => Rgba([0, 0, 255, 128]),
        // A red that nobody sees, in every other pixel.
        _ if (x + y) % 2 == 0 => Rgba([255, 0, 0, 0]),
        _ => Rgba([0, 255, 0, 255]),
    });
    let bytes = encoded(&image.into(), ImageFormat::Png);
    let made = png(&bytes, 50, 50).to_rgba8();
    let [r, g, b, alpha] = made.get_pixel(25, 40).0;
    assert!(r < 8 && g > 247 && b < 8 && (120..136).contains(&alpha), "{:?}", [r, g, b, alpha]);
    assert_eq!(made.get_pixel(10, 10).0, [0, 0, 255, 255]);
    for (format, known) in
        [(ThumbnailFormat::Jpeg, ImageFormat::Jpeg), (ThumbnailFormat::Bmp, ImageFormat::Bmp)]
    {
        let made = make(&bytes, spec(50, 50, format), MEMORY).unwrap();
        let made = image::load_from_memory_with_format(&made, known).unwrap().into_rgb8();
        let near = |x, y, expected: [u8; 3]| {
            let pixel = made.get_pixel(x, y).0;
            assert!(pixel.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 14), "{x},{y}: {pixel:?}");
        };
        near(10, 10, [0, 0, 255]);
        near(38, 10, [127, 127, 255]);
        near(25, 40, [127, 255, 127]);
    }
}

#[test]
fn of_an_animation_it_is_the_first_frame() {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for blue in [0, 255] {
        let frame = RgbaImage::from_pixel(40, 40, Rgba([255 - blue, 0, blue, 255]));
        encoder.encode_frame(Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let pixel = png(&bytes, 32, 32).to_rgb8().get_pixel(9, 9).0;
    assert!(pixel[0] > 240 && pixel[2] < 15, "{pixel:?}");
}

/// None of it takes more memory than it may; that would be refused, not tried.
#[test]
fn what_takes_too_much_memory_is_no_picture() {
    for format in FORMATS {
        let bytes = encoded(&picture(1000, 1000), format);
        assert!(make(&bytes, spec(64, 64, ThumbnailFormat::Jpeg), 16 << 20).is_some(), "{format:?}");
        assert!(make(&bytes, spec(64, 64, ThumbnailFormat::Jpeg), 100_000).is_none(), "{format:?}");
    }
}

/// Cut off at every eighth: a picture or none, and always an end.
#[test]
fn what_is_cut_off_does_no_harm() {
    for format in FORMATS {
        let bytes = encoded(&picture(200, 100), format);
        for eighth in 0..8 {
            let cut = &bytes[..bytes.len() * eighth / 8];
            if let Some(made) = make(cut, spec(64, 64, ThumbnailFormat::Jpeg), MEMORY) {
                assert!(image::load_from_memory(&made).is_ok(), "{format:?} {eighth}/8");
            }
        }
        assert!(make(&bytes[..10], spec(64, 64, ThumbnailFormat::Jpeg), MEMORY).is_none(), "{format:?}");
    }
    assert!(make(b"", spec(64, 64, ThumbnailFormat::Jpeg), MEMORY).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A decoder may panic on what is broken, for which the process around it dies; but what comes back is always a
    /// picture that fits.
    #[test]
    fn flipped_bits_give_a_picture_or_none(
        format in 0..FORMATS.len(),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..20),
    ) {
        let mut bytes = encoded(&picture(60, 40), FORMATS[format]);
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let made = std::panic::catch_unwind(|| make(&bytes, spec(32, 32, ThumbnailFormat::Png), 64 << 20));
        if let Ok(Some(made)) = made {
            let made = image::load_from_memory(&made).unwrap();
            prop_assert!(made.width() <= 32 && made.height() <= 32);
        }
    }
}
