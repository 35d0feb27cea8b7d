//! Draws an uploaded picture anew: of the file only its pixels are kept, upright and no larger than needed. What else is in it,
//! such as the place where a photo was taken, scripts, or another file behind the picture, is left behind.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageError, ImageFormat, ImageReader, Limits};

use super::MAX_STORED;

/// The longest side of a stored picture, in pixels.
const SIDE: u32 = 512;
/// The longest side of one that would be too large for the store.
const SMALL_SIDE: u32 = 256;
/// The longest side of an upload, in pixels.
const MAX_SIDE: u32 = 16_384;
/// The most pixels of an upload: those of the photos of most phones.
const MAX_PIXELS: u64 = 26_000_000;
/// The most memory of a decoder, in bytes: four for each pixel, and some.
const MAX_MEMORY: u64 = 128 * 1024 * 1024;
/// The qualities of JPEG.
const QUALITY: u8 = 85;
const SMALL_QUALITY: u8 = 70;

/// Why a file is not taken as a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadPicture {
    /// Its content is none of the formats, whatever its name is.
    #[error("the content is neither PNG nor JPEG nor WebP nor GIF")]
    OtherFormat,
    /// It has more pixels than are decoded.
    #[error("the picture has more than {MAX_PIXELS} pixels, or a side of more than {MAX_SIDE}")]
    TooManyPixels,
    /// It is cut, or wrong in another way.
    #[error("the picture is incomplete or damaged")]
    Damaged,
}

/// Draws a picture anew, as JPEG, or as PNG if a part of it is transparent. Takes up to some hundred milliseconds.
pub(crate) fn redraw(file: &[u8]) -> Result<Vec<u8>, BadPicture> {
    let format = image::guess_format(file).map_err(|_| BadPicture::OtherFormat)?;
    let is_taken = matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif);
    if !is_taken {
        return Err(BadPicture::OtherFormat);
    }
    if format == ImageFormat::Jpeg && !has_end_of_jpeg(file) {
        return Err(BadPicture::Damaged);
    }
    store(&decode(file, format)?)
}

/// Decodes the first frame, upright.
fn decode(file: &[u8], format: ImageFormat) -> Result<DynamicImage, BadPicture> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| bad(&error))?;
    let (width, height) = decoder.dimensions();
    // Before a byte of the pixels is decoded: a small file can announce any size.
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(BadPicture::TooManyPixels);
    }
    // A photo without readable orientation is upright.
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| bad(&error))?;
    if picture.width() == 0 || picture.height() == 0 {
        return Err(BadPicture::Damaged);
    }
    // Before it is turned, so that only few pixels are.
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn bad(error: &ImageError) -> BadPicture {
    match error {
        ImageError::Limits(_) => BadPicture::TooManyPixels,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::Unsupported(_)
        | ImageError::IoError(_) => BadPicture::Damaged,
    }
}

/// Encodes a picture, smaller if need be.
fn store(picture: &DynamicImage) -> Result<Vec<u8>, BadPicture> {
    let shown = picture.to_rgba8();
    if shown.pixels().any(|pixel| pixel.0[3] < 255) {
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive);
        let (width, height) = shown.dimensions();
        let written = encoder.write_image(shown.as_raw(), width, height, image::ExtendedColorType::Rgba8);
        written.map_err(|_| BadPicture::Damaged)?;
        if png.len() <= MAX_STORED {
            return Ok(png);
        }
    }
    let opaque = on_white(&shown);
    let jpeg = jpeg(&opaque, QUALITY)?;
    if jpeg.len() <= MAX_STORED {
        return Ok(jpeg);
    }
    self::jpeg(&DynamicImage::ImageRgb8(opaque).thumbnail(SMALL_SIDE, SMALL_SIDE).to_rgb8(), SMALL_QUALITY)
}

/// Draws a picture on white.
fn on_white(picture: &image::RgbaImage) -> image::RgbImage {
    let (width, height) = picture.dimensions();
    image::RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        let mixed = |colour: u8| {
            let alpha = u16::from(alpha);
            u8::try_from((u16::from(colour) * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
        };
        image::Rgb([mixed(red), mixed(green), mixed(blue)])
    })
}

fn jpeg(picture: &image::RgbImage, quality: u8) -> Result<Vec<u8>, BadPicture> {
    let mut jpeg = Vec::new();
    let written = JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(picture);
    written.map(|()| jpeg).map_err(|_| BadPicture::Damaged)
}

/// Returns whether a JPEG has its end of image (ITU-T T.81 annex B): the decoder fills a picture that was cut with grey.
fn has_end_of_jpeg(file: &[u8]) -> bool {
    let mut rest = file.get(2..).unwrap_or_default();
    loop {
        // A marker is 0xff and a byte; more 0xff may stand before it.
        let Some(at) = rest.windows(2).position(|bytes| bytes[0] == 0xff && !matches!(bytes[1], 0 | 0xff)) else {
            return false;
        };
        let marker = rest[at + 1];
        rest = &rest[at + 2..];
        match marker {
            0xd9 => return true,
            // Markers without a length: restarts within the pixels, and the start of the image.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let Some((length, _)) = rest.split_first_chunk::<2>() else { return false };
                let Some(after) = rest.get(usize::from(u16::from_be_bytes(*length))..) else { return false };
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests;
