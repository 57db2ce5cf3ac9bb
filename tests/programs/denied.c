/* SPDX-License-Identifier: BSD-2-Clause */
/* Refers to a function and to data of another compartment that are no gates: never starts. */
int peer_plain(void);
extern int peer_data;

int main(void)
{
    return peer_plain() + peer_data;
}
