//! Tests of redrawing pictures: what is kept, and which files are refused.

use image::codecs::gif::GifEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, GenericImageView, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

const PLACE: &str = "GPSLatitude 39.9042 of a home";

/// A picture with another colour in each corner.
fn corners(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => Rgb([250, 10, 10]),
        (false, true) => Rgb([10, 250, 10]),
        (true, false) => Rgb([10, 10, 250]),
        (false, false) => Rgb([250, 250, 10]),
    })
}

fn as_format(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let (width, height) = picture.dimensions();
    let mut file = Vec::new();
    match format {
        ImageFormat::Jpeg => JpegEncoder::new_with_quality(&mut file, 95).encode_image(picture).expect("a picture"),
        ImageFormat::Gif => GifEncoder::new(&mut file)
            .encode(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
            .expect("a picture"),
        ImageFormat::WebP => WebPEncoder::new_lossless(&mut file)
            .encode(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
            .expect("a picture"),
        _ => PngEncoder::new(&mut file)
            .write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8)
            .expect("a picture"),
    }
    file
}

/// Puts an EXIF segment with an orientation and a text into a JPEG, behind its first two bytes.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(PLACE.as_bytes());
    let length = u16::try_from(exif.len() + 2).expect("a short segment").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn read(file: &[u8]) -> DynamicImage {
    image::load_from_memory(file).expect("a picture")
}

fn near(found: Rgba<u8>, expected: [u8; 3]) -> bool {
    found.0.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 40)
}

#[test]
fn a_picture_of_each_format_is_drawn_anew_by_its_content() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let drawn = redraw(&as_format(&corners(64, 32), format)).expect("a picture");

        assert_eq!(image::guess_format(&drawn).ok(), Some(ImageFormat::Jpeg), "{format:?}");
        let drawn = read(&drawn);
        assert_eq!(drawn.dimensions(), (64, 32), "{format:?}");
        assert!(near(drawn.get_pixel(5, 5), [250, 10, 10]) && near(drawn.get_pixel(58, 28), [250, 250, 10]));
    }
}

#[test]
fn a_large_picture_becomes_small_and_keeps_its_shape() {
    let drawn = read(&redraw(&as_format(&corners(2000, 1000), ImageFormat::Jpeg)).expect("a picture"));

    assert_eq!(drawn.dimensions(), (512, 256));
}

#[test]
fn a_photo_is_turned_upright_and_its_metadata_is_gone() {
    let photo = with_exif(&as_format(&corners(64, 32), ImageFormat::Jpeg), 6);
    assert!(photo.windows(PLACE.len()).any(|bytes| bytes == PLACE.as_bytes()));

    let drawn = redraw(&photo).expect("a picture");

    assert!(!drawn.windows(4).any(|bytes| bytes == b"Exif" || bytes == b"GPSL"));
    let drawn = read(&drawn);
    assert_eq!(drawn.dimensions(), (32, 64));
    // Turned clockwise: what was at the bottom left is at the top left.
    assert!(near(drawn.get_pixel(5, 5), [10, 10, 250]) && near(drawn.get_pixel(26, 5), [250, 10, 10]));
}

#[test]
fn nothing_that_follows_or_hides_in_a_picture_survives() {
    let payload = b"<script>alert(1)</script>PK\x03\x04#!/bin/sh";
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
        let polyglot = [as_format(&corners(64, 32), format), payload.to_vec()].concat();

        let drawn = redraw(&polyglot).expect("a picture");

        assert!(!drawn.windows(8).any(|bytes| bytes == &payload[..8]), "{format:?}");
    }
    // A comment at the beginning: `GIF89a` may also be the beginning of a script.
    let script = [b"GIF89a/*".as_slice(), payload].concat();
    assert!(redraw(&script).is_err());
}

#[test]
fn transparency_stays_and_nothing_is_larger_than_the_store_takes() {
    let clear = RgbaImage::from_fn(64, 64, |x, _| Rgba([200, 0, 0, if x < 32 { 0 } else { 255 }]));
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(clear.as_raw(), 64, 64, ExtendedColorType::Rgba8).expect("a picture");
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let noisy = RgbaImage::from_fn(700, 700, |_, _| Rgba([random(), random(), random(), random()]));
    let mut large_file = Vec::new();
    let encoder = PngEncoder::new(&mut large_file);
    encoder.write_image(noisy.as_raw(), 700, 700, ExtendedColorType::Rgba8).expect("a picture");

    let (drawn, of_noise) = (redraw(&file).expect("a picture"), redraw(&large_file).expect("a picture"));

    assert_eq!(image::guess_format(&drawn).ok(), Some(ImageFormat::Png));
    assert_eq!(read(&drawn).get_pixel(5, 5).0[3], 0);
    assert!(of_noise.len() <= MAX_STORED, "{}", of_noise.len());
}

#[test]
fn what_is_no_picture_is_refused_whatever_its_name_is() {
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let bmp = [b"BM".as_slice(), &[0; 100]].concat();
    let tiff = [b"II*\0".as_slice(), &[0; 100]].concat();
    for file in [b"".as_slice(), b"GIF", svg, b"<html>", b"%PDF-1.7", b"RIFF\0\0\0\0AVI LIST", &bmp, &tiff, &[0; 64]] {
        assert_eq!(redraw(file), Err(BadPicture::OtherFormat), "{file:?}");
    }
}

#[test]
fn a_picture_that_was_cut_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = as_format(&corners(300, 200), format);
        for part in [whole.len() / 4, whole.len() / 2, whole.len() * 9 / 10] {
            assert_eq!(redraw(&whole[..part]), Err(BadPicture::Damaged), "{format:?} {part} of {}", whole.len());
        }
    }
    // A thumbnail in the metadata has its own end marker.
    let photo = as_format(&corners(300, 200), ImageFormat::Jpeg);
    let exif = [b"Exif\0\0".as_slice(), &as_format(&corners(8, 8), ImageFormat::Jpeg)].concat();
    let length = u16::try_from(exif.len() + 2).expect("a short segment").to_be_bytes();
    let photo = [&photo[..2], &[0xff, 0xe1], &length, &exif, &photo[2..photo.len() / 2]].concat();
    assert_eq!(redraw(&photo), Err(BadPicture::Damaged));
}

/// A PNG that declares a size but has no pixels.
fn announcing(width: u32, height: u32) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(&head);
    file.extend(crc(&head).to_be_bytes());
    file.extend(b"\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xaeB\x60\x82");
    file
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn a_bomb_is_refused_before_it_is_decoded() {
    for (width, height) in [(100_000, 100_000), (16_000, 16_000), (u32::MAX >> 1, 1), (1, 20_000)] {
        assert_eq!(redraw(&announcing(width, height)), Err(BadPicture::TooManyPixels), "{width} x {height}");
    }
    let flat = RgbImage::new(6_000, 5_000);
    assert_eq!(redraw(&as_format(&flat, ImageFormat::Png)), Err(BadPicture::TooManyPixels));
}

proptest! {
    #[test]
    fn any_bytes_behind_any_signature_are_read_without_a_panic(kind in 0_usize..4, bytes: Vec<u8>) {
        let signature = [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 "][kind];

        drop(redraw(&[signature, &bytes].concat()));
    }

    #[test]
    fn a_picture_with_wrong_bytes_is_drawn_or_refused(kind in 0_usize..4, at in 0_usize..2_000, byte: u8) {
        let format = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP][kind];
        let mut file = as_format(&corners(40, 30), format);
        let at = at % file.len();
        file[at] = byte;

        if let Ok(drawn) = redraw(&file) {
            prop_assert!(image::load_from_memory(&drawn).is_ok());
        }
    }
}
