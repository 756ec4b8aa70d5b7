//! The body of a response: handed over in one piece, so that its end is known.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use super::pending::PendingEnd;
use super::tap::Tap;

/// A whole body. When the library has taken it, its end is noted with the tap.
pub struct WholeBody {
    data: Bytes,
    end: Option<(Tap, PendingEnd)>,
    is_taken: bool,
}

impl WholeBody {
    /// `is_written` is false where HTTP says that no body follows (204, 304, the answer to a HEAD): then the library never
    /// asks for it.
    pub fn new(data: Bytes, is_written: bool, tap: Tap, end: PendingEnd) -> WholeBody {
        if data.is_empty() || !is_written {
            tap.leaves(end);
            return WholeBody { data, end: None, is_taken: !is_written };
        }
        WholeBody { data, end: Some((tap, end)), is_taken: false }
    }

    /// A body of which nobody has to know the end.
    pub fn plain(data: Bytes) -> WholeBody {
        WholeBody { data, end: None, is_taken: false }
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = &mut *self;
        if this.is_taken || this.data.is_empty() {
            return Poll::Ready(None);
        }
        this.is_taken = true;
        if let Some((tap, end)) = this.end.take() {
            tap.leaves(end);
        }
        Poll::Ready(Some(Ok(Frame::data(this.data.clone()))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_taken || self.data.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(if self.is_taken { 0 } else { self.data.len() as u64 })
    }
}
