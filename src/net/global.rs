//! Which addresses belong to the public internet. Pure; from the IANA registries of special-purpose addresses, and stricter.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of IPv4 addresses: its first address and how many leading bits it fixes.
type Block = ([u8; 4], u32);

/// Blocks that a stranger's link has no business with, and the documents that set them apart.
const V4_APART: &[Block] = &[
    ([0, 0, 0, 0], 8),        // "this network", RFC 791
    ([10, 0, 0, 0], 8),       // private, RFC 1918
    ([100, 64, 0, 0], 10),    // carrier-grade NAT, RFC 6598; one cloud's metadata at 100.100.100.200
    ([127, 0, 0, 0], 8),      // loopback, RFC 1122
    ([168, 63, 129, 16], 32), // one cloud's host agent, at an address that is public elsewhere
    ([169, 254, 0, 0], 16),   // link-local, RFC 3927; most clouds' metadata at 169.254.169.254
    ([172, 16, 0, 0], 12),    // private, RFC 1918
    ([192, 0, 0, 0], 24),     // protocol assignments, RFC 6890; one cloud's metadata at 192.0.0.192
    ([192, 0, 2, 0], 24),     // documentation, RFC 5737
    ([192, 31, 196, 0], 24),  // AS112, RFC 7535
    ([192, 52, 193, 0], 24),  // multicast tunnels, RFC 7450
    ([192, 88, 99, 0], 24),   // 6to4 relays, RFC 7526
    ([192, 168, 0, 0], 16),   // private, RFC 1918
    ([192, 175, 48, 0], 24),  // AS112, RFC 7534
    ([198, 18, 0, 0], 15),    // benchmarks, RFC 2544
    ([198, 51, 100, 0], 24),  // documentation, RFC 5737
    ([203, 0, 113, 0], 24),   // documentation, RFC 5737
    ([224, 0, 0, 0], 4),      // multicast, RFC 5771
    ([240, 0, 0, 0], 4),      // reserved, RFC 1112, and broadcast, RFC 919
];

/// Where clouds hand a machine its own keys: nobody's feed or channel, whatever settings say.
const METADATA_V4: &[Ipv4Addr] = &[
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(192, 0, 0, 192),
];
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// Whether an address is one of those; what carries an IPv4 address inside is judged by that one.
pub fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => v6 == METADATA_V6 || v6.to_ipv4_mapped().is_some_and(|v4| METADATA_V4.contains(&v4)),
    }
}

/// Whether an address is one of the public internet. What carries an IPv4 address inside is judged by that one, or refused.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !V4_APART.iter().any(|&(first, fixed)| {
        let mask = u32::MAX.checked_shl(32 - fixed).unwrap_or(0);
        bits & mask == u32::from(Ipv4Addr::from(first))
    })
}

/// Only 2000::/3 was ever given out (RFC 4291); beside it only what stands for an IPv4 address.
fn is_global_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // Mapped, RFC 4291, and the well-known prefix of NAT64, RFC 6052: both end at the IPv4 address.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_global_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments, RFC 2928: Teredo (RFC 4380), benchmarks (RFC 5180), ORCHID (RFC 7343).
        // Documentation, RFC 3849 and RFC 9637.
        [0x2001, 0..=0x1ff | 0xdb8, ..]
        | [0x3fff, 0..=0xfff, ..]
        // 6to4, RFC 3056: tunnels end wherever the address says, and nobody offers them any more (RFC 7526).
        | [0x2002, ..]
        // AS112, RFC 7535.
        | [0x2620, 0x4f, 0x8000, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
