//! The test from outside in: what is shown of it, what is asked of it, and which calls the tunnel's time is added to.

use egui::Ui;

use super::App;
use crate::call::{Direction, Summary, TunnelOverhead, probe_nonce};
use crate::engine;
use crate::window::panels::chain::{self, ChainModel, ChainWish};

impl App {
    /// Draws the section of the test, for the public URL that is known.
    pub(super) fn chain_ui(&mut self, url: Option<String>, ui: &mut Ui) {
        let model = ChainModel {
            url,
            report: self.state.chain.report.clone(),
            overhead: self.overhead(),
            adds_to_budget: self.settings.add_tunnel_to_budget,
        };
        for wish in chain::ui(&model, ui) {
            match wish {
                ChainWish::Test(url) => self.command_engine(engine::Command::TestChain { url }),
                ChainWish::Cancel => self.command_engine(engine::Command::CancelTestChain),
                ChainWish::AddToBudget(adds) => self.settings.add_tunnel_to_budget = adds,
            }
            ui.request_repaint();
        }
    }

    /// What the way from the public URL of now costs; none where that was not measured in this run.
    fn overhead(&self) -> Option<TunnelOverhead> {
        let measured = self.state.chain.measured.as_ref()?;
        let public = self.state.tunnel.public_url.as_ref()?;
        (*public.url == *measured.url).then_some(measured.overhead)
    }

    /// What the tunnel adds to a call, in microseconds; none where it is not to be added, was not measured, or the call did not
    /// come from outside in this run.
    pub(super) fn tunnel_us(&self, call: &Summary) -> Option<u32> {
        let is_probe = call.path.as_deref().and_then(probe_nonce).is_some();
        let came_from_outside = call.direction == Direction::Received && call.replay_of.is_none() && !is_probe;
        let came_in_this_run = !self.shows_viewed && call.received_at >= self.started_at;
        let is_added = self.settings.add_tunnel_to_budget && came_from_outside && came_in_this_run;
        self.overhead().filter(|_| is_added).map(|overhead| overhead.added_us)
    }

    /// The same for the open call.
    pub(super) fn tunnel_us_of_selected(&self) -> Option<u32> {
        let tab = self.tab();
        let call = tab.selected.and_then(|call_id| tab.index.get(call_id))?;
        self.tunnel_us(&call)
    }
}
