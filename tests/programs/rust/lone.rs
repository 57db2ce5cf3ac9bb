// SPDX-License-Identifier: BSD-2-Clause
//! A program without gates, for either runtime.
#![no_std]
extern crate alloc;

#[path = "../../../ld-twz/runtime/rust/twz.rs"]
mod twz;

use alloc::collections::BTreeMap;
use alloc::string::String;
use core::ffi::{c_char, c_int};

#[no_mangle]
pub extern "C" fn main(count: c_int, list: *const *const c_char) -> c_int {
    let mut lengths: BTreeMap<usize, String> = BTreeMap::new();
    for word in twz::arguments(count, list).skip(1) {
        let line = lengths.entry(word.len()).or_default();
        line.push_str(word);
        line.push(' ');
    }
    for (length, words) in &lengths {
        println!("{length}: {}", words.trim_end());
    }
    println!("long: {}.", "0123456789".repeat(40));
    assert!(twz::clock() > 0);
    lengths.len() as c_int
}
