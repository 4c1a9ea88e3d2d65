import type { Locator, Page } from 'playwright-core';

/** What the Temporal UI says after an Update was sent. */
export type Answer = { kind: 'accepted' } | { kind: 'refused'; words: string };

/** Temporal's own UI (2.54), used as a person does: by what stands on its pages. */
export class TemporalUi {
  readonly page: Page;
  readonly #workflows: string;

  /** `uiUrl` as `ironstep dev` says it. */
  constructor(page: Page, uiUrl: string) {
    this.page = page;
    this.#workflows = `${uiUrl}/namespaces/default/workflows`;
  }

  /** Opens the list of runs, by search attributes and their values. Returns the workflow ids. */
  async list(filters: Record<string, string>): Promise<string[]> {
    const clauses = Object.entries(filters).map(([name, value]) => `\`${name}\`="${value}"`);
    await this.page.goto(`${this.#workflows}?query=${encodeURIComponent(clauses.join(' AND '))}`);
    for (const [name, value] of Object.entries(filters)) {
      await this.page.getByRole('button', { name: `${name} = "${value}"` }).waitFor();
    }
    await this.page
      .getByRole('status')
      .filter({ hasText: /^\d+ Workflows?$/ })
      .waitFor();
    return this.page.getByRole('link', { name: /^server\// }).allInnerTexts();
  }

  /** What the list shows of each run; this browser keeps it, as that of a person would. */
  async columns(changes: { add: readonly string[]; remove: readonly string[] }): Promise<void> {
    await this.page.getByRole('button', { name: 'Configure Columns' }).click();
    for (const name of changes.remove) {
      await this.page.getByRole('button', { name: `Remove ${name} column` }).click();
    }
    for (const name of changes.add) {
      await this.page.getByRole('button', { name: `Add ${name} column` }).click();
    }
    await this.page.getByRole('button', { name: 'Close Workflows Table configuration' }).click();
  }

  /** From the list to one run. */
  async open(workflowId: string): Promise<void> {
    await this.page.getByRole('link', { name: workflowId }).click();
    await this.page.getByRole('button', { name: 'More Actions' }).waitFor();
  }

  /** One of the tabs of a run: `Timeline`, `User Metadata`. */
  async tab(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  /** What the open run's tab `User Metadata` shows, as its server has rendered it. */
  metadata(part: 'summary' | 'details' | 'current-details'): Locator {
    return this.page.frameLocator(`#user-metadata-${part}`).getByRole('main');
  }

  /** Waits until the current details say this; the UI asks anew only by its key R. */
  async currentDetailsSay(text: string): Promise<void> {
    await this.tab('User Metadata');
    const found = this.metadata('current-details').filter({ hasText: text });
    while (!(await isSoonVisible(found))) await this.page.keyboard.press('r');
  }

  /** Chooses the Update, types `data` (an empty one stays empty), submits and reads the answer. */
  async sendUpdate(name: string, data: string): Promise<Answer> {
    const dialog = await this.fillUpdate(name, data);
    return this.submitUpdate(dialog);
  }

  /** The Updates that can be chosen, with what is said about each. */
  async updates(): Promise<string[]> {
    const dialog = await this.#openUpdate();
    const options = dialog.getByRole('option');
    const texts = await options.allInnerTexts();
    await options.first().click();
    await dialog.getByTestId('cancel-modal-button').click();
    return texts;
  }

  /** The dialog, filled in and not yet submitted. */
  async fillUpdate(name: string, data: string): Promise<Locator> {
    const dialog = await this.#openUpdate();
    await dialog.getByRole('option', { name }).click();
    await dialog.getByRole('textbox', { name: 'Data' }).click();
    // What was typed the last time is still there.
    await this.page.keyboard.press('ControlOrMeta+a');
    await this.page.keyboard.press('Delete');
    await this.page.keyboard.insertText(data);
    // The editor lays the JSON out anew when it loses the focus, and moves the button under the mouse.
    await dialog.getByTestId('update-id').click();
    return dialog;
  }

  /** Reads the answer; `look` is called while a refusal is still shown. */
  async submitUpdate(dialog: Locator, look = async (): Promise<void> => {}): Promise<Answer> {
    const accepted = this.page.getByText('Update successful').first();
    const refused = dialog.getByRole('alert').filter({ hasText: /\S/ });
    // That of the Update before stays for some seconds.
    await accepted.waitFor({ state: 'hidden' });
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await accepted.or(refused).first().waitFor();
    if (await accepted.isVisible()) return { kind: 'accepted' };
    const words = await refused.innerText();
    await look();
    await dialog.getByTestId('cancel-modal-button').click();
    return { kind: 'refused', words };
  }

  /** The dialog with the list of Updates open. */
  async #openUpdate(): Promise<Locator> {
    const dialog = await this.#openDialog();
    const list = dialog.getByTestId('update-select-button');
    // The list is an answer of the worker. Where there was none, the page has to be loaded anew.
    if (!(await isSoonVisible(list, 5_000))) {
      await this.page.reload();
      await this.#openDialog();
    }
    await list.click();
    await dialog.getByRole('option', { name: 'Custom' }).waitFor();
    return dialog;
  }

  async #openDialog(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send an Update' }).click();
    return this.page.getByRole('dialog').filter({ hasText: 'Send an Update' });
  }
}

function isSoonVisible(locator: Locator, withinMs = 1_000): Promise<boolean> {
  return locator.waitFor({ timeout: withinMs }).then(
    () => true,
    () => false,
  );
}
