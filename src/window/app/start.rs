//! Opening the window: what has to be right before there is one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use egui::ViewportId;

use super::{App, AppParts};
use crate::engine::{self, Engine, EngineOptions, SessionChoice, Wake};
use crate::session::ViewedSession;
use crate::window::display;
use crate::window::panels::messages::Tone;
use crate::window::settings::Settings;

/// What the command line says about the window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowOptions {
    pub workspace: Option<PathBuf>,
    /// A session to open beside the live one.
    pub session: Option<PathBuf>,
}

/// A burst of calls asks for one frame, this much later.
const COALESCE: Duration = Duration::from_millis(10);
/// How long after a signal the process ends even if the window does not close.
const END_WITHIN: Duration = Duration::from_millis(4_700);

/// Opens the window and runs until it is closed.
pub fn run(options: WindowOptions) -> ExitCode {
    match try_run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err((exit_code, text)) => {
            use std::io::Write as _;
            // Where standard error is closed there is nobody to tell.
            writeln!(std::io::stderr().lock(), "error: {text}").ok();
            ExitCode::from(exit_code)
        }
    }
}

type Refused = (u8, String);

/// Wrong input is exit code 2, a machine that refuses is 3.
fn try_run(options: WindowOptions) -> Result<(), Refused> {
    let folders = engine::folders().map_err(|error| (3, error.to_string()))?;
    let ctx: Arc<OnceLock<egui::Context>> = Arc::default();
    let is_awake = Arc::new(AtomicBool::new(false));
    let wake = wake(ctx.clone(), is_awake.clone());

    let viewed = match &options.session {
        Some(path) => Some(open(path, &folders.data, wake.clone())?),
        None => None,
    };
    let (workspace, issues) =
        engine::open_workspace(options.workspace.as_deref()).map_err(|error| (2, error.to_string()))?;
    display::look_for_one().map_err(|error| (3, error.to_string()))?;

    let mut said: Vec<(Tone, String)> = issues
        .iter()
        .map(|issue| {
            let tone = if issue.is_error() { Tone::Error } else { Tone::Warning };
            (tone, issue.to_string())
        })
        .collect();
    let engine_options = EngineOptions {
        data_dir: folders.data.clone(),
        workspace,
        save_workspace: true,
        session: SessionChoice::Working,
        certificate: None,
        wake: wake.clone(),
        sink: None,
    };
    let (engine, feed) = Engine::start(engine_options).map_err(|error| (3, error.to_string()))?;
    // A port in use is said in the window, with a way out; the state has it.
    if let Err(error) = engine.listen() {
        said.push((Tone::Error, error.to_string()));
    }

    let (settings, _) = Settings::load(&folders.data.join(super::SETTINGS));
    let [width, height] = settings.window_size.unwrap_or([1_440.0, 900.0]);
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Hookscope")
            .with_app_id("hookscope")
            .with_inner_size([width, height])
            .with_min_inner_size([760.0, 520.0])
            .with_icon(icon()),
        ..eframe::NativeOptions::default()
    };
    let data_dir = folders.data;
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eframe::run_native(
            "Hookscope",
            native,
            Box::new(move |created| {
                let parts = AppParts { engine, feed, data_dir, is_awake, wake, viewed, said };
                let app = App::new(&created.egui_ctx, parts);
                watch_signals(created.egui_ctx.clone());
                // Nobody sets it twice.
                ctx.set(created.egui_ctx.clone()).ok();
                Ok(Box::new(app))
            }),
        )
    }));
    let why = match result {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        // The toolkit panics where libraries of the system are missing; what it said is above.
        Err(_) => "the window system's libraries or graphics cannot be used".to_owned(),
    };
    Err((3, display::NoDisplay { why }.to_string()))
}

fn open(path: &Path, data_dir: &Path, wake: Wake) -> Result<ViewedSession, Refused> {
    ViewedSession::open(path, data_dir, move || wake())
        .map_err(|error| (if error.is_machine() { 3 } else { 2 }, error.to_string()))
}

/// Asks for one frame, however many calls come before it.
fn wake(ctx: Arc<OnceLock<egui::Context>>, is_awake: Arc<AtomicBool>) -> Wake {
    Arc::new(move || {
        if let Some(ctx) = ctx.get()
            && !is_awake.swap(true, Ordering::AcqRel)
        {
            ctx.request_repaint_after_for(COALESCE, ViewportId::ROOT);
        }
    })
}

/// Ctrl-C and SIGTERM end the window as closing it does.
fn watch_signals(ctx: egui::Context) {
    let watcher = std::thread::Builder::new().name("hookscope-signal".to_owned()).spawn(move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return log::warn!("signals are not watched: {error}"),
        };
        if runtime.block_on(engine::signal::asked_to_end()).is_err() {
            return;
        }
        ctx.send_viewport_cmd_to(ViewportId::ROOT, egui::ViewportCommand::Close);
        ctx.request_repaint_of(ViewportId::ROOT);
        // A window that is hidden may not close by itself. Whatever got an answer is in the file.
        std::thread::sleep(END_WITHIN);
        std::process::exit(0);
    });
    if let Err(error) = watcher {
        log::warn!("signals are not watched: {error}");
    }
}

/// The mark of an applied call on a dark ground, as the system shows it in lists of windows.
fn icon() -> egui::IconData {
    const SIZE: u32 = 64;
    let mut rgba = Vec::with_capacity((SIZE * SIZE * 4) as usize);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let (dx, dy) = (x as f32 - 31.5, y as f32 - 31.5);
            let distance = (dx * dx + dy * dy).sqrt();
            let is_mark = distance < 14.0 || (20.0..25.0).contains(&distance);
            rgba.extend(match (is_mark, distance < 32.0) {
                (true, _) => [0x4C, 0xC3, 0x8A, 0xFF],
                (false, true) => [0x14, 0x17, 0x1C, 0xFF],
                (false, false) => [0, 0, 0, 0],
            });
        }
    }
    egui::IconData { rgba, width: SIZE, height: SIZE }
}
