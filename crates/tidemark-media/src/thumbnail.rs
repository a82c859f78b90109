//! Small pictures of pictures.

use image::codecs::bmp::BmpEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, RgbImage, RgbaImage};
use std::io::Cursor;
use tidemark_core::model::{ThumbnailFormat, ThumbnailSpec};

/// The longest edge that a picture may have.
const EDGE_MAX: u32 = 65_535;

/// Good enough for small pictures that are looked at once.
const JPEG_QUALITY: u8 = 85;

/// A picture that is more than so many times larger than it should be is first averaged down to a little less than that:
/// the fine filter is slow, and makes no difference before.
const FINE_RATIO: u32 = 3;

/// A picture of this picture, no larger than was asked for, upright, and never larger than the original. Which format the
/// bytes have is seen by the bytes. Of an animation it is the first frame. The decoder may take so many bytes of memory.
///
/// Colours are taken to be sRGB: profiles are ignored.
pub fn make(bytes: &[u8], spec: ThumbnailSpec, memory: u64) -> Option<Vec<u8>> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(EDGE_MAX);
    limits.max_image_height = Some(EDGE_MAX);
    limits.max_alloc = Some(memory);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    // Not every decoder counts the picture itself against the limit.
    if decoder.total_bytes() > memory {
        return None;
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).ok()?;
    let (width, height) = (u32::from(spec.width_max), u32::from(spec.height_max));
    let (width, height) = if swaps_edges(orientation) { (height, width) } else { (width, height) };
    let mut small = if image.color().has_alpha() {
        let mut rgba = image.into_rgba8();
        multiply(&mut rgba);
        shrink(rgba.into(), width, height)
    } else {
        shrink(image, width, height)
    };
    small.apply_orientation(orientation);
    encode(small, spec.format)
}

fn swaps_edges(orientation: Orientation) -> bool {
    match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => true,
        Orientation::NoTransforms
        | Orientation::Rotate180
        | Orientation::FlipHorizontal
        | Orientation::FlipVertical => false,
    }
}

/// The edges of a picture that fits into a box, in the proportions of the original, and not larger than that.
fn fitted((width, height): (u32, u32), (width_max, height_max): (u32, u32)) -> (u32, u32) {
    if width <= width_max && height <= height_max {
        return (width, height);
    }
    let scaled = |edge: u32, numerator: u32, denominator: u32| {
        let (edge, numerator, denominator) = (u64::from(edge), u64::from(numerator), u64::from(denominator));
        let rounded = (edge * numerator + denominator / 2) / denominator;
        u32::try_from(rounded).unwrap_or(u32::MAX).max(1)
    };
    // Whether the width is what does not fit, compared crosswise.
    if u64::from(width) * u64::from(height_max) >= u64::from(height) * u64::from(width_max) {
        (width_max, scaled(height, width_max, width).min(height_max))
    } else {
        (scaled(width, height_max, height).min(width_max), height_max)
    }
}

fn shrink(image: DynamicImage, width_max: u32, height_max: u32) -> DynamicImage {
    let (width, height) = fitted((image.width(), image.height()), (width_max, height_max));
    let (rough_width, rough_height) = (width * FINE_RATIO, height * FINE_RATIO);
    let image = if image.width() > rough_width || image.height() > rough_height {
        image.thumbnail_exact(rough_width.min(image.width()), rough_height.min(image.height()))
    } else {
        image
    };
    let image = if image.color().has_alpha() {
        DynamicImage::from(image.into_rgba8())
    } else {
        DynamicImage::from(image.into_rgb8())
    };
    if (image.width(), image.height()) == (width, height) {
        return image;
    }
    image.resize_exact(width, height, FilterType::Lanczos3)
}

/// What is transparent must not lend its colour to what is beside it, so colours are weighted before they are averaged.
fn multiply(image: &mut RgbaImage) {
    for pixel in image.pixels_mut() {
        let [r, g, b, alpha] = pixel.0;
        let weighted = |channel: u8| ((u32::from(channel) * u32::from(alpha) + 127) / 255) as u8;
        pixel.0 = [weighted(r), weighted(g), weighted(b), alpha];
    }
}

fn divide(image: &mut RgbaImage) {
    for pixel in image.pixels_mut() {
        let [r, g, b, alpha] = pixel.0;
        let plain = |channel: u8| match alpha {
            0 => 0,
            alpha => ((u32::from(channel) * 255 + u32::from(alpha) / 2) / u32::from(alpha)).min(255) as u8,
        };
        pixel.0 = [plain(r), plain(g), plain(b), alpha];
    }
}

/// On white, where the format has no transparency.
fn on_white(image: &RgbaImage) -> RgbImage {
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [r, g, b, alpha] = image.get_pixel(x, y).0;
        image::Rgb([r, g, b].map(|channel| channel.saturating_add(255 - alpha)))
    })
}

fn encode(image: DynamicImage, format: ThumbnailFormat) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let image = match (image, format) {
        (DynamicImage::ImageRgba8(mut image), ThumbnailFormat::Png) => {
            divide(&mut image);
            DynamicImage::from(image)
        }
        (DynamicImage::ImageRgba8(image), ThumbnailFormat::Jpeg | ThumbnailFormat::Bmp) => {
            DynamicImage::from(on_white(&image))
        }
        (image, _) => image,
    };
    match format {
        ThumbnailFormat::Jpeg => {
            image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))
        }
        ThumbnailFormat::Png => image.write_with_encoder(PngEncoder::new(&mut bytes)),
        ThumbnailFormat::Bmp => image.write_with_encoder(BmpEncoder::new(&mut bytes)),
    }
    .ok()?;
    Some(bytes)
}
