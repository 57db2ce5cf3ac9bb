// SPDX-License-Identifier: BSD-2-Clause
//! A library with gates: counts words. Its bugs are Rust's: they panic.
#![no_std]
extern crate alloc;

#[path = "../../../ld-twz/runtime/rust/twz.rs"]
mod twz;

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::slice;
use core::sync::atomic::{AtomicI64, Ordering};

static CALLS: AtomicI64 = AtomicI64::new(0);

fn count(text: &str) -> BTreeMap<String, usize> {
    let mut words = BTreeMap::new();
    for word in text.split_whitespace() {
        *words.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    words
}

/// # Safety
/// The gate hands in buffers of its own, of these sizes.
#[no_mangle]
pub unsafe extern "C" fn words_count_impl(
    text: *const u8,
    text_size: usize,
    most: *mut u8,
    most_size: usize,
) -> i64 {
    CALLS.fetch_add(1, Ordering::Relaxed);
    let text = String::from_utf8_lossy(slice::from_raw_parts(text, text_size));
    let most = slice::from_raw_parts_mut(most, most_size);
    let words = count(&text);
    if let Some((word, times)) = words.iter().max_by_key(|(_, times)| **times) {
        most[..word.len()].copy_from_slice(word.as_bytes());
        most[word.len()] = 0;
        println!("{} words, {} of them `{}`", words.len(), times, word);
    }
    words.len() as i64
}

#[no_mangle]
pub extern "C" fn words_calls_impl() -> i64 {
    CALLS.load(Ordering::Relaxed)
}
