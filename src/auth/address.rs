//! Okta's published address ranges: `ip_ranges.json`, an object of cell name to a list of CIDR ranges.

use ipnet::IpNet;

/// The cells of a file and their ranges, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressList {
    pub cells: Vec<(String, Vec<IpNet>)>,
}
