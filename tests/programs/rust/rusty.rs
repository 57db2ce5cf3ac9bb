// SPDX-License-Identifier: BSD-2-Clause
//! A program: calls gates of a C library and of a Rust library, and survives the latter's panic.
#![no_std]
extern crate alloc;

#[path = "../../../ld-twz/runtime/rust/twz.rs"]
mod twz;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::{c_char, c_int};

extern "C" {
    fn tally(text: *const u8, text_size: usize, letter: u32) -> i64;
    fn words_count(text: *const u8, text_size: usize, most: *mut u8, most_size: usize) -> i64;
    fn words_calls() -> i64;
}

fn count(text: &str, room: usize) -> Result<(i64, String), twz::Error> {
    let mut most = Vec::new();
    most.resize(room, 0u8);
    let words = twz::gate(unsafe {
        words_count(text.as_ptr(), text.len(), most.as_mut_ptr(), most.len())
    })?;
    let end = most.iter().position(|byte| *byte == 0).unwrap_or(room);
    Ok((words, String::from_utf8_lossy(&most[..end]).into_owned()))
}

struct Tests(u32);

impl Tests {
    fn ok(&mut self, good: bool, title: &str) {
        self.0 += 1;
        println!("{}ok {} - {}", if good { "" } else { "not " }, self.0, title);
    }
}

#[no_mangle]
pub extern "C" fn main(count_of: c_int, list: *const *const c_char) -> c_int {
    let arguments: Vec<&str> = twz::arguments(count_of, list).collect();
    let mut tests = Tests(0);
    tests.ok(arguments[1..].starts_with(&["of", "rust"]), "P83 arguments arrive in a Rust program");

    let mut numbers: Vec<u64> = (0..10_000).rev().collect();
    numbers.sort_unstable();
    let text: String = numbers.iter().take(3).map(|n| format!("{n:03} ")).collect();
    tests.ok(text == "000 001 002 ", "P83 vectors and strings live on the compartment's heap");

    let word = "mississippi";
    let found = twz::gate(unsafe { tally(word.as_ptr(), word.len(), 's' as u32) });
    tests.ok(found == Ok(4), "P83 P116 Rust calls a gate of a C library");

    let answer = count("the quick and the dead and The rest", 64);
    println!("# {answer:?}");
    tests.ok(answer == Ok((5, String::from("the"))), "P116 a gate that is written in Rust answers");

    let too_small = count("unfortunately", 4);
    println!("# {too_small:?}");
    tests.ok(
        too_small == Err(twz::Error(-13)),
        "P116 its panic is an error at the gate, and this program goes on",
    );
    tests.ok(
        count("after all", 64).is_ok() && twz::gate(unsafe { words_calls() }) == Ok(1),
        "P116 the compartment starts anew at the next call, as the policy says",
    );
    println!("1..{}", tests.0);
    if arguments.contains(&"panic") {
        panic!("at the end");
    }
    7
}
