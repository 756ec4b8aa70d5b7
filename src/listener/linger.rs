//! Closes a connection so that the client sees what was written last.
//!
//! Closing with unread bytes makes the system reset the connection, and the reset overtakes the answer. So what still comes is
//! read and thrown away for a moment.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const BYTES: usize = 16 * 1024 * 1024;
const FOR: Duration = Duration::from_secs(2);

/// Ends our side, then reads until the client ends its own, at most 16 MiB or 2 s.
pub(super) async fn linger(mut stream: TcpStream) {
    // The client may be gone: then there is nothing to wait for.
    if stream.shutdown().await.is_err() {
        return;
    }
    let read = async {
        let mut scratch = [0; 16 * 1024];
        let mut n_bytes = 0;
        while n_bytes < BYTES {
            match stream.read(&mut scratch).await {
                Ok(n_read) if n_read > 0 => n_bytes += n_read,
                _ => break,
            }
        }
    };
    // Whether it ended or the time was up, the connection closes now.
    tokio::time::timeout(FOR, read).await.ok();
}
