//! The real program in a real window on a (virtual) display, driven through egui's inspection protocol: what a developer does on
//! a first day, end to end.

#![cfg(feature = "real-window")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::io::Read;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use egui::accesskit::{self, NodeId, Role, TreeUpdate};
use egui_inspection::{Request, Response, read_message, write_message};
use support::{Client, Home, body_of, free_port};

/// The longest that anything on screen may take to appear on a slow machine with a software renderer.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_first_day_from_the_first_call_to_the_reopened_session() {
    let home = Home::new();
    home.write_config(
        "format = 1\n[listener]\nhttps = \"127.0.0.1:0\"\n[[endpoint]]\nname = \"token\"\npath = \"/hooks/token\"\nhook = \"token\"\n",
    );

    let mut window = Window::open(&home, &[]);
    window.wait_for("Nothing has come yet");
    let address = window.address();
    let ca_pem = home.path("data/hookscope/tls/ca.pem");

    // A real client calls, and the row is there.
    let answer = Client::connect(&address, &ca_pem).post("/hooks/token", &body_of("token", "window-1"));
    assert_eq!(answer.status, 204);
    window.wait_for("token /hooks/token 204 unchanged");

    // The response is edited, and the next call gets it.
    window.click("token /hooks/token 204 unchanged");
    window.click("Edit response");
    window.wait_for("Response body");
    window.replace_text("Response status", "200");
    window.replace_text("Response body", "{\"commands\": []}");
    window.click("Apply");
    let mut client = Client::connect(&address, &ca_pem);
    let answer = wait_until(|| {
        let answer = client.post("/hooks/token", &body_of("token", "window-2"));
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(answer.body, b"{\"commands\": []}");
    window.wait_for("token /hooks/token 200 unchanged");

    // It is saved under a name, in a window of our own.
    let saved = home.path("day-one.hookscope");
    window.key(egui::Key::S, egui::Modifiers::COMMAND);
    window.wait_for("File path");
    window.replace_text("File path", saved.to_str().unwrap());
    window.click("Save");
    wait_until(|| saved.is_file().then_some(()));

    // It ends as closing it does, and the workspace holds the edited response.
    window.end();
    let workspace = std::fs::read_to_string(home.path("config/hookscope/workspace.toml")).unwrap();
    assert!(workspace.contains("commands"), "{workspace}");

    // The next day everything is there, in the working session and in the saved file.
    let mut window = Window::open(&home, &[]);
    window.wait_for("token /hooks/token 200 unchanged");
    window.end();
    let mut window = Window::open(&home, &[saved.to_str().unwrap()]);
    window.wait_for("token /hooks/token 204 unchanged");
    window.wait_for("token /hooks/token 200 unchanged");
    window.end();
}

#[test]
fn a_copy_over_the_live_session_is_refused_and_a_session_is_opened_beside_it() {
    let home = Home::new();
    home.write_config("format = 1\n[listener]\nhttps = \"127.0.0.1:0\"\n");
    let mut window = Window::open(&home, &[]);
    window.wait_for("Nothing has come yet");

    // The live session by another spelling of its path.
    window.key(egui::Key::S, egui::Modifiers::COMMAND);
    let live = home.path("data/hookscope/../hookscope/working.hookscope");
    window.replace_text("File path", live.to_str().unwrap());
    window.click("Save");
    let refused = format!("{} is a session that is in use, or belongs to one; choose another file", live.display());
    window.wait_for(&refused);
    window.key(egui::Key::Escape, egui::Modifiers::NONE);

    // Another one is opened, looked at, and closed.
    window.key(egui::Key::O, egui::Modifiers::COMMAND);
    let sample = format!("{}/samples/session.hookscope", env!("CARGO_MANIFEST_DIR"));
    window.replace_text("File path", &sample);
    window.click("Open");
    window.wait_for("session.hookscope");
    window.click("Close session");
    window.wait_for("Nothing has come yet");
    window.end();
}

#[test]
fn without_a_display_the_error_names_serve_and_exits_3() {
    let home = Home::new();
    let output = home.hookscope().env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("hookscope serve"), "{said}");
}

/// Asks again until there is an answer.
fn wait_until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < PATIENCE, "nothing came of it in {PATIENCE:?}");
        std::thread::yield_now();
    }
}

impl Home {
    fn write_config(&self, text: &str) -> PathBuf {
        let folder = self.path("config/hookscope");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("workspace.toml");
        std::fs::write(&path, text).unwrap();
        path
    }
}

/// The program with its window, and the line over which it is driven.
struct Window {
    child: Child,
    line: TcpStream,
}

/// One node of the accessibility tree with what a test looks at.
struct Node {
    id: NodeId,
    role: Role,
    name: String,
    value: String,
    bounds: Option<accesskit::Rect>,
}

impl Window {
    fn open(home: &Home, arguments: &[&str]) -> Window {
        let inspection = format!("127.0.0.1:{}", free_port());
        let mut child =
            home.hookscope().args(arguments).env("EGUI_INSPECTION", &inspection).stdout(Stdio::null()).spawn().unwrap();
        let mut line = wait_until(|| {
            if let Some(status) = child.try_wait().unwrap() {
                let mut said = String::new();
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                panic!("the window ended with {status}: {said}");
            }
            TcpStream::connect(&inspection).ok()
        });
        line.set_read_timeout(Some(PATIENCE)).unwrap();
        egui_inspection::protocol::read_handshake(&mut line).unwrap();
        Window { child, line }
    }

    fn ask(&mut self, request: Request) -> Response {
        write_message(&mut self.line, &request).unwrap();
        read_message(&mut self.line).unwrap()
    }

    fn nodes(&mut self) -> Vec<Node> {
        match self.ask(Request::GetTree) {
            Response::Tree { accesskit: Some(tree), .. } => nodes_of(&tree),
            Response::Tree { accesskit: None, .. } => Vec::new(),
            other => panic!("no tree but {other:?}"),
        }
    }

    fn find(&mut self, name: &str) -> Option<Node> {
        self.nodes()
            .into_iter()
            .filter(|node| node.name == name || node.value == name)
            .max_by_key(|node| node.role != Role::Label)
    }

    /// Where it listens, as its top bar says.
    fn address(&mut self) -> String {
        wait_until(|| {
            let nodes = self.nodes();
            nodes.iter().find_map(|node| node.name.strip_prefix("Listening on ").map(str::to_owned))
        })
    }

    fn wait_for(&mut self, name: &str) -> Node {
        let started = Instant::now();
        loop {
            if let Some(node) = self.find(name) {
                return node;
            }
            if started.elapsed() > PATIENCE {
                let names: Vec<String> = self
                    .nodes()
                    .into_iter()
                    .map(|node| format!("{:?} {} {}", node.role, node.name, node.value))
                    .collect();
                panic!("'{name}' is not on screen; there is {names:#?}");
            }
        }
    }

    fn apply(&mut self, events: Vec<egui::Event>) {
        let answer = self.ask(Request::ApplyEvents { events });
        assert!(matches!(answer, Response::Done), "{answer:?}");
    }

    fn click(&mut self, name: &str) {
        let bounds = self.wait_for(name).bounds.unwrap();
        let pos = egui::pos2(((bounds.x0 + bounds.x1) / 2.0) as f32, ((bounds.y0 + bounds.y1) / 2.0) as f32);
        self.apply(vec![egui::Event::PointerMoved(pos)]);
        for pressed in [true, false] {
            self.apply(vec![egui::Event::PointerButton {
                pos,
                button: egui::PointerButton::Primary,
                pressed,
                modifiers: egui::Modifiers::NONE,
            }]);
        }
    }

    fn key(&mut self, key: egui::Key, modifiers: egui::Modifiers) {
        self.apply(vec![egui::Event::ModifiersChanged(modifiers)]);
        for pressed in [true, false] {
            self.apply(vec![egui::Event::Key { key, physical_key: None, pressed, repeat: false, modifiers }]);
        }
        self.apply(vec![egui::Event::ModifiersChanged(egui::Modifiers::NONE)]);
    }

    /// Types over what a field holds.
    fn replace_text(&mut self, field: &str, text: &str) {
        self.click(field);
        self.key(egui::Key::A, egui::Modifiers::COMMAND);
        self.apply(vec![egui::Event::Text(text.to_owned())]);
        self.wait_for(text);
    }

    /// Ends it as a service manager does; that is what closing the window does.
    fn end(mut self) {
        let status = std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
        let status = wait_until(|| self.child.try_wait().unwrap());
        assert!(status.success(), "the window ended with {status}");
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn nodes_of(tree: &TreeUpdate) -> Vec<Node> {
    let named = |id: &NodeId| tree.nodes.iter().find(|(other, _)| other == id).map(|(_, node)| node);
    tree.nodes
        .iter()
        .map(|(id, node)| {
            let label = node.label().map(str::to_owned).or_else(|| {
                let labels: Vec<&str> = node
                    .labelled_by()
                    .iter()
                    .filter_map(&named)
                    .filter_map(|node| node.value().or(node.label()))
                    .collect();
                (!labels.is_empty()).then(|| labels.join(" "))
            });
            Node {
                id: *id,
                role: node.role(),
                name: label.unwrap_or_default(),
                value: node.value().unwrap_or_default().to_owned(),
                bounds: node.bounds(),
            }
        })
        .filter(|node| node.id != tree.focus || node.role != Role::Window)
        .collect()
}
