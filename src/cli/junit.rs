//! The result of a replay as JUnit XML, for CI systems.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::failure::Failure;
use crate::session::{Whole, refuse_session};
use crate::workspace;

/// What became of one send.
pub enum Case {
    Passed,
    /// It ended otherwise than expected.
    Failed(String),
    /// It could not be sent.
    NotSent(String),
}

/// Gathers cases until they are written.
pub struct Junit {
    suite: TestSuite,
}

impl Junit {
    pub fn new(session: &Path) -> Junit {
        Junit { suite: TestSuite::new(format!("hookscope replay {}", session.display())) }
    }

    /// `name` says which call it was, `about` what a person wants to know of it.
    pub fn add(&mut self, name: &str, took: Duration, case: Case, about: &str) {
        let status = match case {
            Case::Passed => TestCaseStatus::success(),
            Case::Failed(why) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(why);
                status
            }
            Case::NotSent(why) => {
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
                status.set_message(why);
                status
            }
        };
        let mut test = TestCase::new(name, status);
        test.set_time(took).set_system_out(about);
        self.suite.add_test_case(test);
    }

    /// Writes the file whole or not at all.
    pub fn write(self, path: &Path, session: &Path) -> Result<(), Failure> {
        refuse_session(path, &[session], workspace::data_dir().ok().as_deref())?;
        let mut report = Report::new("hookscope replay");
        report.add_test_suite(self.suite);
        let text = report.to_string().map_err(|error| Failure::Machine(format!("cannot write JUnit XML: {error}")))?;
        let cannot = |error: std::io::Error| {
            Failure::Machine(format!("cannot write {}: {error}; check the folder and its permissions", path.display()))
        };
        let (whole, mut file) = Whole::begin(path).map_err(cannot)?;
        file.write_all(text.as_bytes()).map_err(cannot)?;
        // Closed before it gets its name: not every system renames an open file.
        drop(file);
        whole.finish().map_err(cannot)
    }
}
