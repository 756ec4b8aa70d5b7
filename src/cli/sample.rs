//! `hookscope sample`: prints a sample request body.

use super::arguments::SampleArgs;
use super::failure::Failure;
use super::print;
use crate::okta;

pub fn run(args: &SampleArgs) -> Result<(), Failure> {
    let Some(name) = &args.name else {
        let width = okta::samples().iter().map(|sample| sample.name().len()).max().unwrap_or_default();
        for sample in okta::samples() {
            print::line(&format!("{:<width$}  {}", sample.name(), sample.about))?;
        }
        return Ok(());
    };
    let Some(sample) = okta::sample(name) else {
        let names: Vec<String> = okta::samples().iter().map(okta::Sample::name).collect();
        return Err(Failure::Input(format!("there is no sample '{name}'; there are {}", names.join(", "))));
    };
    if sample.body.is_empty() {
        print::warning(&format!(
            "a {} has no body: it is a GET with the header {}: {}",
            sample.kind,
            okta::CHALLENGE_HEADER,
            okta::SAMPLE_CHALLENGE
        ));
    }
    print::bytes(sample.body.as_bytes())
}
