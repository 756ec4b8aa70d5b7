//! Asks a running ngrok agent for its tunnels, on this machine only.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Target;
use super::agent::{Answer, pick, read_tunnels};

/// Where agents have their local API: the first takes 4040, each further one the next port.
pub const AGENT_PORTS: [u16; 6] = [4040, 4041, 4042, 4043, 4044, 4045];
/// How long an agent may take to answer, in all.
const PATIENCE: Duration = Duration::from_secs(2);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// Asks at every port at once and gives the best answer: a tunnel that leads here, else an agent without one, else whatever
/// answered.
pub async fn find_agent(ports: &[u16], target: &Target) -> Answer {
    let mut asked = JoinSet::new();
    for port in ports.iter().copied() {
        let target = *target;
        asked.spawn(async move { ask(port, &target).await });
    }
    let answers = asked.join_all().await;
    let rank = |answer: &Answer| match answer {
        Answer::Ours { agent_port, .. } => (0, *agent_port),
        Answer::NotOurs { agent_port, .. } => (1, *agent_port),
        Answer::Unreadable { agent_port, .. } => (2, *agent_port),
        Answer::NotRunning => (3, 0),
    };
    answers.into_iter().min_by_key(rank).unwrap_or(Answer::NotRunning)
}

async fn ask(agent_port: u16, target: &Target) -> Answer {
    let unreadable = |why: String| Answer::Unreadable { agent_port, why };
    match timeout(PATIENCE, get(agent_port)).await {
        Err(_) => unreadable(format!("it gave no answer within {} s", PATIENCE.as_secs())),
        Ok(Err(Failed::NotThere)) => Answer::NotRunning,
        Ok(Err(Failed::Wrong(why))) => unreadable(why),
        Ok(Ok(body)) => match read_tunnels(&body) {
            None => unreadable("what it answered is no list of tunnels, so it is no ngrok agent".to_owned()),
            Some(tunnels) => match pick(&tunnels, target) {
                Some(public_url) => Answer::Ours { agent_port, public_url },
                None => Answer::NotOurs { agent_port, tunnels },
            },
        },
    }
}

enum Failed {
    NotThere,
    Wrong(String),
}

async fn get(agent_port: u16) -> Result<Bytes, Failed> {
    let wrong = |error: &dyn std::fmt::Display| Failed::Wrong(error.to_string());
    let stream = TcpStream::connect(("127.0.0.1", agent_port)).await.map_err(|_| Failed::NotThere)?;
    let connected = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = connected.map_err(|error| wrong(&error))?;
    // It ends with the sender, or with what it is connected to; what went wrong is seen in the answer.
    let connection = tokio::spawn(connection);
    let request = Request::get("/api/tunnels")
        .header("Host", format!("127.0.0.1:{agent_port}"))
        .header("Accept", "application/json")
        .body(Empty::<Bytes>::new())
        .map_err(|error| wrong(&error))?;
    let answered = async {
        let response = sender.send_request(request).await.map_err(|error| wrong(&error))?;
        if response.status() != StatusCode::OK {
            return Err(Failed::Wrong(format!("it answered {}", response.status())));
        }
        let body = Limited::new(response.into_body(), LARGEST).collect().await;
        body.map(|body| body.to_bytes()).map_err(|error| wrong(&error))
    }
    .await;
    connection.abort();
    answered
}
