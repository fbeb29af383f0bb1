//! PNG with a table of colours. A chart has few, and its letters' edges differ by less than an eye sees, so that a mail
//! carries a quarter of the bytes.

use std::collections::BTreeMap;

/// Bytes of a pixel that was drawn.
pub(super) const RGB: usize = 3;
/// Colours that a table of one byte a pixel holds.
const COLOURS_MAX: usize = 256;
/// Steps of each of red, green and blue; from the first that gives few enough colours on, fewer is coarser.
const STEPS: [u8; 3] = [0x11, 0x33, 0x55];

/// A colour, each part rounded to a multiple of `step`; black and white stay what they are.
fn rounded(pixel: &[u8], step: u8) -> [u8; RGB] {
    let part = |at: usize| {
        let part = pixel.get(at).copied().unwrap_or(0);
        (part / step + u8::from(part % step > step / 2)) * step
    };
    [part(0), part(1), part(2)]
}

/// The file's bytes for an image of three bytes a pixel.
pub(super) fn encoded(image: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut colours: BTreeMap<[u8; RGB], u8> = BTreeMap::new();
    let mut pixels = Vec::new();
    for step in STEPS {
        (colours, pixels) = (BTreeMap::new(), Vec::with_capacity(image.len() / RGB));
        for pixel in image.chunks_exact(RGB) {
            let number = colours.len();
            let number =
                *colours.entry(rounded(pixel, step)).or_insert_with(|| u8::try_from(number).unwrap_or(u8::MAX));
            pixels.push(number);
        }
        if colours.len() <= COLOURS_MAX {
            break;
        }
    }
    let mut table = vec![0; colours.len() * RGB];
    for (colour, number) in &colours {
        let from = usize::from(*number) * RGB;
        table[from..from + RGB].copy_from_slice(colour);
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(table);
    encoder.set_compression(png::Compression::Best);
    // Rows of numbers that stand for colours do not resemble their neighbours' differences.
    encoder.set_filter(png::FilterType::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}
