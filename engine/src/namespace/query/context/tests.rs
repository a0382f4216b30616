//! Contexts of many sections against an oracle that joins and counts everything anew at every step.

use std::fmt::Write as _;
use std::sync::Arc;

use super::assemble::assemble_from;
use super::body::Body;
use crate::api::{AssembleContext, ContextContent, ContextSection, ErrorCode, OutputFormat, Tokenizer, Value};
use crate::format::{Cell, Row, RowSet, RowTable, count_tokens};
use crate::rng::{Rng, SeededRng};

struct Draw(SeededRng);

impl Draw {
    fn below(&self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn text(&self) -> String {
        const WORDS: &[&str] = &[
            "/", "// x", " ", "  ", "\n", "\r\n", "a", "Budget", "12", "3,4", "'s", "don'", "!", "é", "\u{3000}",
            "x = 1;", "#",
        ];
        let word = || WORDS[usize::try_from(self.below(WORDS.len() as u64)).unwrap()];
        (0..1 + self.below(6)).map(|_| word()).collect()
    }

    fn body(&self) -> Body {
        let rows = self.below(40);
        if self.below(2) == 0 {
            let lines: String = (0..rows).fold(String::new(), |mut lines, _| {
                let _ = writeln!(lines, "{}", self.text());
                lines
            });
            return Body::Text(lines.split('\n').map(str::to_owned).collect());
        }
        let row = |n: u64| {
            let cell = |column: &str, value| Cell { column: Arc::from(column), value };
            let mut cells = vec![
                cell("id", Value::Int(i64::try_from(n).unwrap())),
                cell("text", Value::from(self.text().as_str())),
            ];
            if self.below(4) == 0 {
                cells.push(cell("more", Value::from(self.text().repeat(10).as_str())));
            }
            Row { identity: None, cells }
        };
        Body::Rows(RowSet { tables: vec![RowTable { name: "rows", rows: (0..rows).map(row).collect() }] })
    }

    fn request(&self) -> (AssembleContext, Vec<Body>) {
        let formats = [OutputFormat::Toon, OutputFormat::Json, OutputFormat::Markdown, OutputFormat::Auto];
        let sections: Vec<ContextSection> = (0..1 + self.below(12))
            .map(|n| ContextSection {
                name: if self.below(3) == 0 { String::new() } else { format!("Section {n}") },
                priority: u32::try_from(self.below(4)).unwrap(),
                // The test gives the bodies; this tells which.
                content: ContextContent::Text(n.to_string()),
            })
            .collect();
        let bodies = sections.iter().map(|_| self.body()).collect();
        let request = AssembleContext {
            sections,
            token_limit: u32::try_from(1 + self.below([8, 100, 1_500][usize::try_from(self.below(3)).unwrap()]))
                .unwrap(),
            format: formats[usize::try_from(self.below(4)).unwrap()],
            tokenizer: [Tokenizer::O200k, Tokenizer::Cl100k][usize::try_from(self.below(2)).unwrap()],
            deduplicate: false,
            snapshot: None,
        };
        (request, bodies)
    }
}

fn copy(body: &Body) -> Body {
    match body {
        Body::Rows(set) => Body::Rows(set.clone()),
        Body::Text(lines) => Body::Text(lines.clone()),
    }
}

fn join(blocks: &[String]) -> String {
    blocks.iter().filter(|block| !block.is_empty()).map(String::as_str).collect::<Vec<_>>().join("\n\n")
}

/// In the order of priority, each section's rows fit beside those of the sections before it, and one more does not.
fn check(request: &AssembleContext, bodies: &[Body], rows: &[usize]) {
    let limit = u64::from(request.token_limit);
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    order.sort_by_key(|index| (request.sections[*index].priority, *index));
    let mut blocks = vec![String::new(); bodies.len()];
    for index in order {
        let mut tokens = |rows: usize| {
            blocks[index] = if rows == 0 {
                String::new()
            } else {
                bodies[index].block(&request.sections[index], rows, request).unwrap()
            };
            count_tokens(&join(&blocks), request.tokenizer).unwrap()
        };
        if rows[index] < bodies[index].len() {
            assert!(tokens(rows[index] + 1) > limit, "section {index} could have more than {} rows", rows[index]);
        }
        assert!(tokens(rows[index]) <= limit, "section {index} has too many rows: {}", rows[index]);
    }
}

#[test]
fn every_section_has_all_that_fits_and_no_more() {
    let mut refused = 0;
    for seed in 0..1_200 {
        let (request, bodies) = Draw(SeededRng::new(seed)).request();
        let body = |section: &ContextSection| match &section.content {
            ContextContent::Text(index) => Ok((copy(&bodies[index.parse::<usize>().unwrap()]), false)),
            ContextContent::Read { .. } => unreachable!(),
        };
        println!("seed {seed}");
        match assemble_from(&request, body) {
            Ok(found) => {
                let rows: Vec<usize> =
                    found.sections.iter().map(|section| usize::try_from(section.rows).unwrap()).collect();
                check(&request, &bodies, &rows);
                let blocks: Vec<String> = found.sections.iter().map(|section| section.content.clone()).collect();
                assert_eq!(found.text, join(&blocks));
                assert_eq!(found.tokens, count_tokens(&found.text, request.tokenizer).unwrap());
                for section in &found.sections {
                    assert_eq!(section.tokens, count_tokens(&section.content, request.tokenizer).unwrap());
                }
                assert_eq!(assemble_from(&request, body).unwrap(), found, "the same again");
            }
            Err(error) => {
                assert_eq!(error.code, ErrorCode::InvalidArgument, "{}", error.message);
                check(&request, &bodies, &vec![0; bodies.len()]);
                let least: u32 = error.message.rsplit(' ').next().unwrap().parse().unwrap();
                assert!(assemble_from(&AssembleContext { token_limit: least, ..request.clone() }, body).is_ok());
                let less = AssembleContext { token_limit: least - 1, ..request.clone() };
                assert!(least == 1 || assemble_from(&less, body).is_err());
                refused += 1;
            }
        }
    }
    assert!(refused > 10, "{refused} limits were too small for one row");
}
