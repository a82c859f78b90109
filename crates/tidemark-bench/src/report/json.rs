//! All figures, every round, for programs.

use serde_json::{Value, json};

use super::machine::Machine;
use super::{Row, Unit, Verdict};

/// The whole report. Figures are in the unit's base: per second, bytes per second, seconds, bytes,
/// parts of one.
pub(crate) fn render(command: &str, machine: &Machine, rows: &[Row]) -> Value {
    json!({
        "command": command,
        "machine": {
            "processor": machine.processor,
            "cores": machine.cores,
            "memory_gib": machine.memory_gib,
            "kernel": machine.kernel,
            "file_system": machine.file_system,
            "open_files": machine.open_files,
        },
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(row: &Row) -> Value {
    let (unit, counted) = match row.unit {
        Unit::PerSecond(what) => ("per_second", Some(what)),
        Unit::Throughput => ("bytes_per_second", None),
        Unit::Time => ("seconds", None),
        Unit::Memory => ("bytes", None),
        Unit::Share => ("share", None),
    };
    let lanes: Vec<Value> = row
        .lanes
        .iter()
        .map(|lane| {
            let ratio = row.ratio(lane).map(|ratio| ratio.median());
            let role = format!("{:?}", lane.role).to_lowercase();
            match &lane.result {
                Ok(sample) => json!({
                    "role": role, "name": lane.name, "median": sample.median(), "min": sample.min(),
                    "max": sample.max(), "rounds": sample.rounds(), "ratio": ratio,
                }),
                Err(why) => json!({ "role": role, "name": lane.name, "missing": why }),
            }
        })
        .collect();
    json!({
        "case": row.case,
        "what": row.what,
        "unit": unit,
        "counted": counted,
        "lanes": lanes,
        "target": row.target.as_ref().map(|target| json!({ "value": target.value, "text": target.text })),
        "score": row.our_score(),
        "reached": match row.verdict() {
            Verdict::Reached => Some(true),
            Verdict::Missed => Some(false),
            Verdict::Open => None,
        },
        "notes": row.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::rows;
    use super::row;

    #[test]
    fn a_row_carries_its_rounds_and_its_verdict() {
        let rows = rows();
        let missed = row(&rows[0]);
        assert_eq!(missed["reached"], false);
        assert_eq!(missed["lanes"][0]["name"], "Tidemark");
        assert_eq!(missed["lanes"][1]["rounds"].as_array().unwrap().len(), 3);
        assert_eq!(missed["lanes"][1]["ratio"], 0.2);
        let open = row(&rows[2]);
        assert!(open["reached"].is_null() && open["target"].is_null());
        assert_eq!(open["lanes"][1]["missing"], "not to be had");
    }
}
