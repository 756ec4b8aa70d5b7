//! Being told to end: Ctrl-C everywhere, SIGTERM on Unix, the console's close and shutdown events on Windows.

use std::io;

/// Returns when somebody asks the program to end.
#[cfg(unix)]
pub async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Returns when somebody asks the program to end.
#[cfg(windows)]
pub async fn asked_to_end() -> io::Result<()> {
    use tokio::signal::windows;
    let mut ctrl_c = windows::ctrl_c()?;
    let mut ctrl_close = windows::ctrl_close()?;
    let mut ctrl_shutdown = windows::ctrl_shutdown()?;
    tokio::select! {
        _ = ctrl_c.recv() => {}
        _ = ctrl_close.recv() => {}
        _ = ctrl_shutdown.recv() => {}
    }
    Ok(())
}

/// From now on the next such request ends the process, whatever it is doing. What was answered is in the session file.
pub fn end_at_once_on_the_next() {
    let watcher = std::thread::Builder::new().name("hookscope-signal".to_owned()).spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if let Ok(runtime) = runtime
            && runtime.block_on(asked_to_end()).is_ok()
        {
            // On this way out nothing is dropped.
            crate::tunnel::end_all_at_once();
            std::process::exit(0);
        }
    });
    if let Err(error) = watcher {
        log::warn!("a second Ctrl-C will not end the program at once: {error}");
    }
}
