// SPDX-License-Identifier: BSD-2-Clause
// A little of everything that a script does, the same in every interpreter.
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
print("fib", fib(16));

var words = "the quick brown fox jumps over the lazy dog the end".split(" ");
var count = {};
words.forEach(function (word) { count[word] = (count[word] || 0) + 1; });
print(Object.keys(count).sort().map(function (word) { return word + "=" + count[word]; }).join(" "));

print(JSON.stringify({ list: [1, 2.5, "three", null, true], nested: { x: -0.1 } }));
print(JSON.parse('{"a": [1, {"b": "\\u00e9"}]}').a[1].b.length);
print("aXbXXc".replace(/X+/g, "-"), /(\d+)-(\d+)/.exec("from 12-345 on")[2]);
print((1 / 3).toFixed(10), 1e21, 0.1 + 0.2, Math.sqrt(2), (255).toString(16), parseInt("zz", 36));

try {
    undefined_function();
} catch (error) {
    print(error instanceof ReferenceError);
}
try {
    (function deep() { deep(); })();
} catch (error) {
    print("too deep is an error");
}

// Garbage: far more than there is memory.
var kept = [];
for (var i = 0; i < 1000; i++) {
    var block = [];
    for (var j = 0; j < 20; j++)
        block.push("piece " + i + "." + j);
    kept[i % 10] = block;
}
print(kept[9][19]);

var primes = [], sieve = [];
for (var n = 2; n < 10000; n++) {
    if (sieve[n])
        continue;
    primes.push(n);
    for (var m = n * n; m < 10000; m += n)
        sieve[m] = true;
}
print(primes.length, primes[primes.length - 1]);
