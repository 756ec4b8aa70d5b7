//! Is there a screen to draw on? Looked for before the window toolkit starts, which panics where it finds none, so that the error
//! is ours.

use std::fmt;

/// Why no window can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDisplay {
    pub why: String,
}

impl fmt::Display for NoDisplay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "cannot open a window: {}. To listen without one use 'hookscope serve'; all its commands are in 'hookscope --help'",
            self.why
        )
    }
}

impl std::error::Error for NoDisplay {}

/// Looks for a display server that can be reached. On macOS and Windows there always is one to ask.
#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn look_for_one() -> Result<(), NoDisplay> {
    Ok(())
}

/// Looks for a Wayland or X11 server that can be reached.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn look_for_one() -> Result<(), NoDisplay> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (set("WAYLAND_DISPLAY"), set("DISPLAY")) {
        (None, None) => {
            Err(NoDisplay { why: "there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set)".to_owned() })
        }
        (Some(wayland), display) => match (unix::wayland_answers(&wayland), display) {
            (true, _) => Ok(()),
            (false, Some(display)) if unix::x11_answers(&display) => Ok(()),
            _ => Err(NoDisplay { why: format!("the Wayland display '{wayland}' does not answer") }),
        },
        (None, Some(display)) if unix::x11_answers(&display) => Ok(()),
        (None, Some(display)) => Err(NoDisplay { why: format!("the X display '{display}' does not answer") }),
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod unix {
    use std::net::{TcpStream, ToSocketAddrs};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};
    use std::time::Duration;

    /// An X server on another machine may take a moment.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub fn wayland_answers(display: &str) -> bool {
        let path = match (Path::new(display).is_absolute(), std::env::var_os("XDG_RUNTIME_DIR")) {
            (true, _) => PathBuf::from(display),
            (false, Some(folder)) => PathBuf::from(folder).join(display),
            (false, None) => return false,
        };
        UnixStream::connect(path).is_ok()
    }

    /// `[host]:display[.screen]`, as X clients read it.
    pub fn x11_answers(display: &str) -> bool {
        let Some((host, number)) = display.rsplit_once(':') else {
            return false;
        };
        let number = number.split('.').next().unwrap_or_default();
        let Ok(number) = number.parse::<u16>() else {
            return false;
        };
        if host.is_empty() || host == "unix" {
            return UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).is_ok() || abstract_socket_answers(number);
        }
        let addresses = (host, 6_000u16.saturating_add(number)).to_socket_addrs();
        addresses.is_ok_and(|mut all| all.any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok()))
    }

    #[cfg(target_os = "linux")]
    fn abstract_socket_answers(number: u16) -> bool {
        use std::os::linux::net::SocketAddrExt as _;
        use std::os::unix::net::SocketAddr;
        SocketAddr::from_abstract_name(format!("/tmp/.X11-unix/X{number}"))
            .and_then(|address| UnixStream::connect_addr(&address))
            .is_ok()
    }

    #[cfg(not(target_os = "linux"))]
    fn abstract_socket_answers(_number: u16) -> bool {
        false
    }
}
