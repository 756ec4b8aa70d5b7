//! Which response does a call get? Pure: [`decide`] takes the setup, what is known of the call, and the counters of what can be
//! used up, and gives a [`Plan`]. It never waits, reads or sends. Rules and faults (later) extend [`Endpoint`].

mod decide;
mod setup;

pub use decide::{Asked, Counters, Plan, decide, kind_of_call, least_harmful};
pub use setup::{
    AddressSetup, AuthSetup, BasicSetup, BearerSetup, ClientMethod, ClientSetup, Endpoint, EndpointHook, HeaderSetup,
    IssuerKnown, IssuerSetup, KeySource, ListenerSetup, ResponseSetup, SecretSource, Setup, StandInSetup, TokenFault,
    TunnelSetup,
};
