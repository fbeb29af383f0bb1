//! The exact texts of a package: each once, with where it goes and how long it is there.

use serde::Serialize;

use super::words::counted;
use crate::core::statement::{Package, Variant};

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Its place among the package's variants.
    pub index: usize,
    pub label: String,
    pub language: String,
    pub title: Option<String>,
    pub body: String,
    pub goes: Vec<Goes>,
}

/// One channel that takes the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Goes {
    pub channel: String,
    pub account: String,
    /// `262 of 300 characters`.
    pub length: String,
    pub fits: bool,
}

/// Every text that some channel takes, in the package's order; all of them where nothing is posted.
pub fn texts(package: &Package) -> Vec<Text> {
    let text = |(index, variant): (usize, &Variant)| Text {
        index,
        label: variant.label(),
        language: variant.language.clone(),
        title: variant.title.clone(),
        body: variant.body.clone(),
        goes: goes(package, index, variant),
    };
    let spoken = package.placements.is_empty();
    package.variants.iter().enumerate().map(text).filter(|text| spoken || !text.goes.is_empty()).collect()
}

fn goes(package: &Package, index: usize, variant: &Variant) -> Vec<Goes> {
    let taking = package.placements.iter().filter(|placement| placement.variants.contains(&index));
    let goes = taking.map(|placement| {
        let measured = placement.limit.map(|limit| limit.measure(&variant.text()));
        let chars = u64::try_from(variant.text().chars().count()).unwrap_or(u64::MAX);
        Goes {
            channel: placement.channel.to_string(),
            account: placement.account.clone(),
            length: measured.as_ref().map_or_else(
                || format!("{}, no limit", counted(chars, "character")),
                |measured| format!("{measured} {}", measured.unit),
            ),
            fits: measured.is_none_or(|measured| measured.fits()),
        }
    });
    goes.collect()
}
