// SPDX-License-Identifier: BSD-2-Clause
//! The runtime ABI (`<twz/rt/*.h>`) for Rust without std: allocation, output and panics, and what a
//! crate with gates needs. A crate includes it as a module:
//!
//! ```ignore
//! #![no_std]
//! extern crate alloc;
//! #[path = "twz.rs"]
//! mod twz;
//! ```
//!
//! It is compiled as a static library with `-C panic=abort` and linked by twz-cc. Gates are declared
//! in the C header that all sides share; a C file of two lines includes it, for the descriptors of a
//! provider or the import records of a caller (twz-gates(7)).

#![allow(dead_code)]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_char, c_int, c_void, CStr};
use core::fmt;
use core::panic::PanicInfo;

mod abi {
    use super::*;
    extern "C" {
        pub fn twz_rt_alloc(size: usize, align: usize) -> *mut c_void;
        pub fn twz_rt_alloc_zeroed(size: usize, align: usize) -> *mut c_void;
        pub fn twz_rt_realloc(block: *mut c_void, size: usize, align: usize) -> *mut c_void;
        pub fn twz_rt_free(block: *mut c_void);
        pub fn twz_rt_write(bytes: *const c_void, size: usize) -> i64;
        pub fn twz_rt_print(format: *const c_char, ...) -> i64;
        pub fn twz_rt_abort(reason: *const c_char) -> !;
        pub fn twz_rt_gate_status() -> i64;
        pub fn twz_rt_error_text(error: i64) -> *const c_char;
        pub fn twz_rt_clock() -> u64;
    }
}

/// The compartment's heap.
struct Heap;

unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        abi::twz_rt_alloc(layout.size(), layout.align()).cast()
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        abi::twz_rt_alloc_zeroed(layout.size(), layout.align()).cast()
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        abi::twz_rt_realloc(block.cast(), size, layout.align()).cast()
    }
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        abi::twz_rt_free(block.cast())
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

/// A buffer on the stack, cut off at its end and always terminated.
struct Line {
    bytes: [u8; 256],
    length: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.length + 1 < self.bytes.len() {
                self.bytes[self.length] = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

impl Line {
    fn of(arguments: fmt::Arguments) -> Line {
        let mut line = Line { bytes: [0; 256], length: 0 };
        let _ = fmt::write(&mut line, arguments);
        line
    }
}

/// Output on its way to the console.
struct Output {
    bytes: [u8; 256],
    length: usize,
}

impl Output {
    fn flush(&mut self) {
        if self.length > 0 {
            unsafe { abi::twz_rt_write(self.bytes.as_ptr().cast(), self.length) };
        }
        self.length = 0;
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for &byte in text.as_bytes() {
            if self.length == self.bytes.len() {
                self.flush();
            }
            self.bytes[self.length] = byte;
            self.length += 1;
        }
        Ok(())
    }
}

/// Writes to the console, 256 bytes with a call.
pub fn print(arguments: fmt::Arguments) {
    let mut output = Output { bytes: [0; 256], length: 0 };
    let _ = fmt::write(&mut output, arguments);
    output.flush();
}

#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::twz::print(format_args!($($argument)*)) };
}
#[macro_export]
macro_rules! println {
    ($($argument:tt)*) => { $crate::twz::print(format_args!("{}\n", format_args!($($argument)*))) };
}

/// A panic ends the gate call that is running: its caller gets `TWZ_EEXITED`, and the policy says
/// what becomes of the compartment. In main it ends the program.
#[panic_handler]
fn panic(info: &PanicInfo) -> ! {
    let (file, number) = info.location().map_or(("?", 0), |at| (at.file(), at.line()));
    let line = Line::of(format_args!("panicked at {file}:{number}: {}", info.message()));
    unsafe { abi::twz_rt_abort(line.bytes.as_ptr().cast()) }
}

// The core library was compiled for unwinding and refers to this; nothing here unwinds.
#[no_mangle]
extern "C" fn rust_eh_personality() -> ! {
    unsafe { abi::twz_rt_abort(c"Rust code was unwound".as_ptr()) }
}
#[no_mangle]
extern "C" fn _Unwind_Resume() -> ! {
    rust_eh_personality()
}

/// A failed call: a negated `enum twz_error`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(pub i64);

impl fmt::Debug for Error {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        let text = unsafe { CStr::from_ptr(abi::twz_rt_error_text(self.0)) };
        write!(to, "error {}: {}", -self.0, text.to_str().unwrap_or("?"))
    }
}

/// What a gate returned, or why the call failed.
pub fn gate(value: i64) -> Result<i64, Error> {
    match unsafe { abi::twz_rt_gate_status() } {
        0 => Ok(value),
        error => Err(Error(error)),
    }
}

/// The arguments of main().
pub fn arguments(count: c_int, list: *const *const c_char) -> impl Iterator<Item = &'static str> {
    (0..count as usize)
        .map(move |i| unsafe { CStr::from_ptr(*list.add(i)) }.to_str().unwrap_or("?"))
}

pub fn clock() -> u64 {
    unsafe { abi::twz_rt_clock() }
}
